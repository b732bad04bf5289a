package restytransport_test

import (
	"context"
	"fmt"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/restytransport"
)

// The program's own client sends the events; here its middleware adds an id to
// every request. The driver can also be given to raven.WithDriver.
func ExampleNewDriver() {
	server, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	client := resty.New().OnBeforeRequest(func(_ *resty.Client, r *resty.Request) error {
		r.SetHeader("X-Request-Id", "42")
		return nil
	})
	defer client.GetClient().CloseIdleConnections()
	registry := transport.DefaultRegistry().Clone()
	if err := registry.Replace(restytransport.NewDriver(client)); err != nil {
		fmt.Println(err)
		return
	}

	dsn, err := transport.ParseDSN(server.DSN(sentrytest.DSNScheme("resty")))
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := registry.Open(dsn, transport.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer tr.Close(ctx)
	response, err := tr.Send(ctx, &transport.Packet{
		URL:     dsn.EnvelopeURL(),
		Header:  map[string][]string{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + dsn.PublicKey}},
		Body:    []byte(`{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"hello"}` + "\n"),
		EventID: "fc6d8c0c43fc4630ad850ee518f1b9d0",
	})
	fmt.Println(response.EventID, err)
	fmt.Println("X-Request-Id:", server.Requests()[0].Header.Get("X-Request-Id"))
	// Output:
	// fc6d8c0c43fc4630ad850ee518f1b9d0 <nil>
	// X-Request-Id: 42
}

// An error status is an error, unlike in Raven for Python's requests transport.
func ExampleNew() {
	server, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	server.Script(sentrytest.Status(413).Header("X-Sentry-Error", "envelope exceeded size limits"))

	tr, err := restytransport.New(restytransport.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer tr.Close(ctx)
	_, err = tr.Send(ctx, &transport.Packet{URL: server.URL() + "/api/1/envelope/", EventID: "fc6d8c0c"})
	fmt.Println(err)
	// Output:
	// transport: server refused event fc6d8c0c with status 413: envelope exceeded size limits
}
