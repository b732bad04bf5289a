package reactortransport_test

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/reactortransport"
)

// All callbacks run on the reactor, one at a time, so they share the totals
// without a lock.
func Example() {
	server, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	server.Script(sentrytest.Status(400).Header("X-Sentry-Error", "bad event"))

	dsn, err := transport.ParseDSN(server.DSN())
	if err != nil {
		fmt.Println(err)
		return
	}
	reactor, err := reactortransport.New(reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: 1, QueueSize: 100}})
	if err != nil {
		fmt.Println(err)
		return
	}
	delivered, failed := 0, 0
	ctx := context.Background()
	for i := range 10 {
		id := fmt.Sprintf("%032x", i)
		reactor.SendAsync(ctx, &transport.Packet{
			URL:     dsn.EnvelopeURL(),
			Header:  map[string][]string{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + dsn.PublicKey}},
			Body:    []byte(`{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"hello"}` + "\n"),
			EventID: id,
		}, func(_ *transport.Response, err error) {
			if err != nil {
				failed++
				fmt.Println(err)
				return
			}
			delivered++
		})
	}
	fmt.Println("closed:", reactor.Close(ctx))
	fmt.Println(delivered, "delivered,", failed, "failed")
	// Output:
	// transport: server refused event 00000000000000000000000000000000 with status 400: bad event
	// closed: <nil>
	// 9 delivered, 1 failed
}
