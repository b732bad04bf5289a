package ravenhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

// reading is a handler that reads the whole body and captures a message.
func reading(client *raven.Client) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		client.CaptureMessage(r.Context(), "m")
	})
}

func TestTypesOfBodies(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]any{
		"application/x-www-form-urlencoded": "body", "application/json": "body", "application/problem+json": "body", "application/xml": "body",
		"application/atom+xml": "body", "text/html; charset=utf-8": "body", "application/octet-stream": nil, "image/png": nil, "a/b/c": nil,
	} {
		client, rec := clienttest.Recorded(t)
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("body"))
		r.Header.Set("Content-Type", kind)
		ravenhttp.Middleware(client)(reading(client)).ServeHTTP(httptest.NewRecorder(), r)
		g := NewWithT(t)
		if want == nil {
			g.Expect(rec.Events()[0].Request.Data).To(BeNil(), kind)
		} else {
			g.Expect(rec.Events()[0].Request.Data).To(Equal(want), kind)
		}
	}
}

func TestLimitsOfBodies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*ravenhttp.DefaultBodyLimit)
	for name, tt := range map[string]struct {
		opts []ravenhttp.Option
		want any
	}{
		"default":  {nil, long[:ravenhttp.DefaultBodyLimit] + "..."},
		"more":     {[]ravenhttp.Option{ravenhttp.WithBodyLimit(len(long))}, long},
		"negative": {[]ravenhttp.Option{ravenhttp.WithBodyLimit(-1)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(long))
			r.Header.Set("Content-Type", "text/plain")
			ravenhttp.Middleware(client, tt.opts...)(reading(client)).ServeHTTP(httptest.NewRecorder(), r)
			if tt.want == nil {
				NewWithT(t).Expect(rec.Events()[0].Request.Data).To(BeNil())
				return
			}
			NewWithT(t).Expect(rec.Events()[0].Request.Data).To(Equal(tt.want))
		})
	}
}

// The functions are called for an event, not for every request. Their request
// has the pattern, but not the handler's body.
func TestFunctionsAreCalledForEvents(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	asked := 0
	ask := func(r *http.Request) string {
		asked++
		body, err := io.ReadAll(r.Body)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(body).To(BeEmpty())
		return r.Pattern + " by " + r.Header.Get("X-User")
	}
	handler := ravenhttp.Middleware(client, ravenhttp.WithTransaction(ask), ravenhttp.WithUser(func(r *http.Request) raven.User { return raven.User{ID: ask(r)} }))(
		mux("/orders/{order}", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			g.Expect(asked).To(BeZero())
			if r.PathValue("order") == "18" {
				client.CaptureMessage(r.Context(), "m")
			}
			body, _ := io.ReadAll(r.Body)
			g.Expect(string(body)).To(Equal("body"))
		})))
	for _, path := range []string{"/orders/17", "/orders/18"} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("body"))
		r.Header.Set("X-User", "ada")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	g.Expect(asked).To(Equal(2))
	g.Expect(rec.Events()[0].Transaction).To(Equal("/orders/{order} by ada"))
	g.Expect(rec.Events()[0].User.ID).To(Equal("/orders/{order} by ada"))
}

func TestTheInnermostRouteCounts(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	inner := signedIn(ravenhttp.Route(mux("/api/users/{user}", reading(client))))
	handler := ravenhttp.Middleware(client)(signedIn(ravenhttp.Route(mux("/api/", inner))))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/users/ada", nil))
	NewWithT(t).Expect(rec.Events()[0].Transaction).To(Equal("GET /api/users/{user}"))
}

// The duration ends when the answer begins: the body may take longer.
func TestTheDurationEndsWhenTheAnswerBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		client, rec := clienttest.Recorded(t)
		ctx, _ := raven.NewContext(t.Context(), client)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://h.example/", nil)
		g.Expect(err).NotTo(HaveOccurred())
		answer := &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(strings.NewReader("x"))}
		var sent *http.Request
		got, err := ravenhttp.NewTransport(trips(func(r *http.Request) (*http.Response, error) {
			sent = r
			time.Sleep(1500 * time.Millisecond)
			return answer, nil
		})).RoundTrip(r)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(BeIdenticalTo(answer), "the answer is not changed")
		g.Expect(sent).To(BeIdenticalTo(r), "the request is not changed")
		time.Sleep(time.Hour)
		client.CaptureMessage(ctx, "m")
		g.Expect(rec.Events()[0].Breadcrumbs[0].Data).To(HaveKeyWithValue("duration_ms", 1500.0))
	})
}

func TestNilMeansTheDefaultTransport(t *testing.T) {
	g := NewWithT(t)
	was := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = was })
	http.DefaultTransport = failing{errors.New("the default one")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://h.example/", nil)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = ravenhttp.NewTransport(nil).RoundTrip(r)
	g.Expect(err).To(MatchError("the default one"))
}
