package restytransport_test

import (
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/restytransport"
	"github.com/ravenkit/ravenkit/transporttest"
)

func TestConformance(t *testing.T) {
	for _, scheme := range []string{"resty", "requests", "threaded+resty", "threaded+requests"} {
		t.Run(scheme, func(t *testing.T) {
			transporttest.Test(t, transporttest.Harness{Scheme: scheme, HTTP2: true})
		})
	}
}

// A client of the program decides everything about connections, and keeps them
// when the transport is closed. All other rules apply.
func TestConformanceOfAClientOfTheProgram(t *testing.T) {
	client := resty.New()
	t.Cleanup(client.GetClient().CloseIdleConnections)
	registry := transport.NewRegistry()
	if err := registry.Register(restytransport.NewThreadedDriver(client, "own+http")); err != nil {
		t.Fatal(err)
	}
	const settled, kept = "the client's own Transport decides", "the client's connections are the program's"
	transporttest.Test(t, transporttest.Harness{
		Scheme: "own", Registry: registry,
		Skip: map[string]string{
			"ConnectTimeout": settled, "EnvDialContext": settled, "KeepAliveOff": settled, "MaxConns": settled, "Proxy": settled,
			"NoGoroutineLeft": kept, "NoSocketLeft": kept,
		},
	})
}
