package fasthttptransport_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/fasthttptransport"
)

// If events arrive faster than the server takes them, the newest are kept.
func Example() {
	server, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	server.Script(sentrytest.OK().After(100 * time.Millisecond))

	dsn, err := transport.ParseDSN(server.DSN())
	if err != nil {
		fmt.Println(err)
		return
	}
	fast, err := fasthttptransport.New(fasthttptransport.Config{Workers: 1, QueueSize: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	send := func(id string, done func(*transport.Response, error)) {
		fast.SendAsync(ctx, &transport.Packet{
			URL:     dsn.EnvelopeURL(),
			Header:  map[string][]string{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + dsn.PublicKey}},
			Body:    []byte(`{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"hello"}` + "\n"),
			EventID: id,
		}, done)
	}
	send(fmt.Sprintf("%032x", 0), nil)
	// The worker is busy with the first event.
	if _, err := server.Wait(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	for i := 1; i < 4; i++ {
		send(fmt.Sprintf("%032x", i), func(_ *transport.Response, err error) { fmt.Println(i, err) })
	}
	fmt.Println("closed:", fast.Close(ctx))
	// Output:
	// 1 transport: queue is full: event 00000000000000000000000000000001 was evicted by a newer one (overflow=drop_oldest)
	// 2 <nil>
	// 3 <nil>
	// closed: <nil>
}
