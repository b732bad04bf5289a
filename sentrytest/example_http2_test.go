package sentrytest_test

import (
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// One connection carries every request, and one that fails does not cost the
// others theirs.
func ExampleHTTP2() {
	srv, err := sentrytest.Start(sentrytest.HTTP2())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Script(sentrytest.OK(), sentrytest.ResetStream(), sentrytest.OK())
	for range 3 {
		report(srv, `{"message":"hello"}`)
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Proto, "on connection", r.Connection, "->", r.Answer.Status)
	}
	// Output:
	// not delivered
	// HTTP/2.0 on connection 1 -> 200
	// HTTP/2.0 on connection 1 -> 0
	// HTTP/2.0 on connection 1 -> 200
}
