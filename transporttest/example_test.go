package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// send is the code under test. It takes only a registry.
func send(registry *transport.Registry, message string) error {
	dsn, err := transport.ParseDSN("https://key@sentry.example.com/42?timeout=5")
	if err != nil {
		return err
	}
	tr, err := registry.Open(dsn, transport.Env{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	defer tr.Close(ctx)
	_, err = tr.Send(ctx, &transport.Packet{
		URL:  dsn.EnvelopeURL(),
		Body: []byte("{}\n{\"type\":\"event\"}\n{\"message\":\"" + message + "\"}\n"),
	})
	return err
}

// A recorder replaces the network.
func Example() {
	rec := transporttest.NewRecorder()
	if err := send(transporttest.Registry(rec), "disk full"); err != nil {
		fmt.Println(err)
	}
	found, err := rec.Wait(context.Background(), 1, sentrytest.HasMessage("disk full"))
	fmt.Println(len(found), err)
	fmt.Println(rec.Packets()[0].URL)
	// Output:
	// 1 <nil>
	// https://sentry.example.com/api/42/envelope/
}

// Fail shows how the code under test handles a failed delivery.
func ExampleRecorder_Fail() {
	rec := transporttest.NewRecorder()
	rec.Fail(&transport.APIError{Status: 413, Message: "too large", EventID: "fc6d8c0c"})
	fmt.Println(send(transporttest.Registry(rec), "disk full"))
	// Output:
	// transport: server refused event fc6d8c0c with status 413: too large
}

// careless is a transport that reports every packet as delivered, even after
// Close.
type careless struct{ transport.Transport }

func (c careless) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	r, err := c.Transport.Send(ctx, p)
	if errors.Is(err, transport.ErrClosed) {
		return &transport.Response{Status: 200, EventID: p.EventID}, nil
	}
	return r, err
}

// Check returns the rules that a transport breaks. In a test, use
// transporttest.Test(t, harness).
func ExampleCheck() {
	harness := transporttest.Harness{
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			dsn = dsn.Clone()
			dsn.Scheme = "sync+" + dsn.Scheme
			tr, err := transport.DefaultRegistry().Open(dsn, env)
			if err != nil {
				return nil, err
			}
			return careless{tr}, nil
		},
	}
	failures := transporttest.Check(context.Background(), harness)
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		fmt.Println(name)
	}
	// Output:
	// AfterClose
	// CloseGivesUp
}

// The cases are a table: for subtests, for Ginkgo entries, or to read.
func ExampleCases() {
	for _, c := range transporttest.Cases()[:3] {
		fmt.Printf("%s: %s\n", c.Name, c.Rule)
	}
	// Output:
	// Delivers: A 2xx answer is a Response.
	// BodyIntact: Body arrives byte for byte with every compression: gzip, deflate and none; except for sent_at if the attempt is late.
	// HeadersIntact: Header is sent as it is; except for sentry_timestamp if the attempt is late. The transport adds Content-Encoding.
}

// Some cases do not apply to a transport; Applies says why.
func ExampleCase_Applies() {
	for _, c := range transporttest.Cases() {
		if c.Name == "FlushWaits" {
			fmt.Println(c.Applies(transporttest.Harness{Scheme: "sync"}))
			fmt.Println(c.Applies(transporttest.Harness{Scheme: "threaded"}))
		}
	}
	// Output:
	// false does not apply: the transport delivers in its caller (it is no AsyncTransport)
	// true
}

// Every second packet fails, as if the network did.
func ExampleInject() {
	rec := transporttest.NewRecorder()
	flaky := transporttest.Inject(rec, transporttest.EveryNth(2, errors.New("the cable was pulled")))
	registry := transporttest.Registry(flaky)
	for _, message := range []string{"one", "two", "three"} {
		fmt.Println(message, send(registry, message))
	}
	fmt.Println(len(rec.Packets()), "arrived")
	// Output:
	// one <nil>
	// two the cable was pulled
	// three <nil>
	// 2 arrived
}
