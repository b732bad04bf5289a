package transporttest_test

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// send stands for the code under test: all it knows is a registry.
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

// A recorder takes the place of the network.
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

// Fail shows what the code under test does about a delivery that fails.
func ExampleRecorder_Fail() {
	rec := transporttest.NewRecorder()
	rec.Fail(&transport.APIError{Status: 413, Message: "too large", EventID: "fc6d8c0c"})
	fmt.Println(send(transporttest.Registry(rec), "disk full"))
	// Output:
	// transport: server refused event fc6d8c0c with status 413: too large
}
