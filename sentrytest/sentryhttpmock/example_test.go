package sentryhttpmock_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jarcoal/httpmock"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/sentryhttpmock"
)

// exampleT stands for the *testing.T that a test would pass.
type exampleT struct{ cleanups []func() }

func (*exampleT) Helper()                        {}
func (*exampleT) Failed() bool                   { return false }
func (*exampleT) Logf(string, ...any)            {}
func (*exampleT) Errorf(format string, a ...any) { fmt.Printf("FAIL: "+format+"\n", a...) }
func (*exampleT) Fatalf(format string, a ...any) { fmt.Printf("FAIL: "+format+"\n", a...) }
func (t *exampleT) Cleanup(f func())             { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) end() {
	for _, f := range t.cleanups {
		f()
	}
}

func Example() {
	t := &exampleT{} // the test's own *testing.T
	defer t.end()

	mock, srv := sentryhttpmock.New(t)
	srv.Script(sentrytest.Status(503))
	client := &http.Client{Transport: mock}
	for range 2 {
		resp, err := client.Post(srv.URL()+"/api/1/store/?sentry_key=public", "application/json", strings.NewReader(`{"message":"boom"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("boom"))
	// Output:
	// 503
	// 200
}

// Code whose DSN can't be changed can report to the fake too.
func ExampleRegister() {
	srv, err := sentrytest.Start(sentrytest.InMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	mock := httpmock.NewMockTransport()
	sentryhttpmock.Register(mock, srv, "o1.ingest.sentry.io")

	client := &http.Client{Transport: mock}
	resp, err := client.Post("https://o1.ingest.sentry.io/api/1/store/?sentry_key=public", "", strings.NewReader(`{"message":"boom"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode, srv.Events()[0].Message)
	// Output: 200 boom
}
