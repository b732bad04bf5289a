package restytransport_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

const eventID = "fc6d8c0c43fc4630ad850ee518f1b9d0"

// packetFor returns a packet for a DSN's envelope endpoint.
func packetFor(t testing.TB, dsn string) *transport.Packet {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return &transport.Packet{
		URL: d.EnvelopeURL(), EventID: eventID,
		Header: http.Header{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + d.PublicKey}},
		Body:   []byte(`{"event_id":"` + eventID + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"hi"}` + "\n"),
	}
}

// with opens a DSN with a driver.
func with(t testing.TB, driver transport.Driver, dsn string, env transport.Env) (transport.Transport, error) {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	registry := transport.NewRegistry()
	if err := registry.Register(driver); err != nil {
		t.Fatal(err)
	}
	return registry.Open(d, env)
}

// mustOpen opens a transport and closes it at the end of the test.
func mustOpen(t testing.TB, driver transport.Driver, dsn string, env transport.Env) transport.Transport {
	t.Helper()
	tr, err := with(t, driver, dsn, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(context.Background()); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return tr
}
