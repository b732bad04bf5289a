package ravenhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
	"github.com/ravenkit/ravenkit/transporttest"
)

func ExampleMiddleware() {
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@sentry.example.com/1", raven.WithTransport(rec))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(context.Background())

	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		raven.CaptureException(r.Context(), errors.New("card declined"), raven.Tags{"order": r.PathValue("id")})
		http.Error(w, "try another card", http.StatusPaymentRequired)
	})
	handler := ravenhttp.Middleware(client)(mux)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://shop.example/orders/17", nil))

	e := rec.Events()[0]
	fmt.Println(e.Transaction, "|", e.Request.URL, "|", e.Tags["order"], "|", e.Exceptions[0].Value)
	// Output: POST /orders/{id} | http://shop.example/orders/17 | 17 | card declined
}
