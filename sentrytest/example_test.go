package sentrytest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
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

// report stands for a client library: it posts one event to the store endpoint.
func report(srv *sentrytest.Server, event string) int {
	resp, err := srv.Client().Post(srv.URL()+"/api/1/store/?sentry_key="+srv.PublicKey(), "application/json", strings.NewReader(event))
	if err != nil {
		fmt.Println("not delivered")
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A test starts a server, gives its DSN to the code under test, and asks for
// the event.
func Example() {
	t := &exampleT{} // the test's own *testing.T
	defer t.end()

	srv := sentrytest.NewServer(t)
	// Any Sentry SDK, in any language, takes srv.DSN().
	report(srv, `{"message":"disk 93% full","level":"warning","tags":{"host":"db1"}}`)

	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("disk 93% full"), sentrytest.HasTag("host", "db1"))
	fmt.Println(e.Level, e.Received.Protocol)
	// Output: warning store
}

// A program has no test to end the server with, and closes it itself.
func ExampleStart() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	fmt.Println(report(srv, `{"message":"hello"}`))
	for _, e := range srv.Events() {
		fmt.Println(e.Message)
	}
	// Output:
	// 200
	// hello
}

// A script says how the server treats the next requests. That the client makes
// them is part of the claim.
func ExampleServer_Script() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.Script(
		sentrytest.Status(503),
		sentrytest.Status(429).RetryAfter("30"),
		sentrytest.Reset(),
		sentrytest.OK(),
		sentrytest.Hang(),
	)
	for range 4 {
		fmt.Println(report(srv, `{"message":"hello"}`))
	}
	fmt.Println(len(srv.Requests()), "requests,", len(srv.Events()), "event")
	fmt.Println(strings.Contains(srv.Close().Error(), "Hang() was never used"))
	// Output:
	// 503
	// 429
	// not delivered
	// 0
	// 200
	// 4 requests, 1 event
	// true
}

// The message of a failure shows what came instead.
func ExampleRequireEvent() {
	t := &exampleT{} // the test's own *testing.T
	defer t.end()

	srv := sentrytest.NewServer(t)
	report(srv, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","message":"boom","tags":{"shard":"8"}}`)
	sentrytest.RequireEvent(t, sentrytest.EventList(srv.Events()), sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7"))
	// Output:
	// FAIL: sentrytest: 0 of 1 wanted event
	//   wanted: message "boom" and tag shard="7"
	//   closest: error "boom" (fc6d8c0c43fc4630ad850ee518f1b9d0)
	//     tag shard
	//       want: "7"
	//       got:  "8"
	//   arrived: 1 event
	//     error "boom" (fc6d8c0c43fc4630ad850ee518f1b9d0): tag shard is "8"
}

// Wait returns when the events are there, not after a time.
func ExampleServer_Wait() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	status := make(chan int, 1)
	go func() { status <- report(srv, `{"message":"in the background"}`) }()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	events, err := srv.Wait(ctx, 1, sentrytest.HasMessageMatching("background$"))
	fmt.Println(len(events), err)
	fmt.Println(<-status) // the server has an event shortly before its client has the answer
	// Output:
	// 1 <nil>
	// 200
}

// What a client that verifies certificates needs is a file or a pool with the
// CA.
func ExampleNewTLSServer() {
	t := &exampleT{} // the test's own *testing.T
	defer t.end()

	good := sentrytest.NewTLSServer(t)
	dsn := good.DSN(sentrytest.DSNParam("ca_certs", good.CACertFile()))
	fmt.Println(strings.HasPrefix(dsn, "https://"))
	fmt.Println(report(good, `{"message":"hello"}`))

	bad := sentrytest.NewTLSServer(t, sentrytest.Expired())
	_, err := bad.Client().Get(bad.URL())
	fmt.Println(strings.Contains(err.Error(), "expired"))
	// Output:
	// true
	// 200
	// true
}

// The file works for everything that reads PEM: other languages, and the
// ca_certs option of a DSN.
func ExampleServer_CACertFile() {
	srv, err := sentrytest.Start(sentrytest.Trusted())
	if err != nil {
		fmt.Println(err)
		return
	}
	file := srv.CACertFile()
	pem, err := os.ReadFile(file)
	fmt.Println(strings.HasPrefix(string(pem), "-----BEGIN CERTIFICATE-----"), err)
	srv.Close()
	_, err = os.Stat(file)
	fmt.Println(os.IsNotExist(err))
	// Output:
	// true <nil>
	// true
}

// Any client can dial an in-memory server, and no port is opened.
func ExampleInMemory() {
	srv, err := sentrytest.Start(sentrytest.InMemory())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: srv.DialContext}}
	defer client.CloseIdleConnections()
	resp, err := client.Post(srv.URL()+"/api/1/store/?sentry_key=any", "", strings.NewReader(`{"message":"hello"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status, srv.Events()[0].Message)
	// Output: 200 OK hello
}
