package transport_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// packet returns a packet for a DSN's envelope endpoint.
func packet(t testing.TB, dsn, id string) *transport.Packet {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return &transport.Packet{
		URL:     d.EnvelopeURL(),
		EventID: id,
		Header: http.Header{
			"Content-Type":  {"application/x-sentry-envelope"},
			"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + d.PublicKey},
		},
		Body: []byte(`{"event_id":"` + id + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"hi"}` + "\n"),
	}
}

const eventID = "fc6d8c0c43fc4630ad850ee518f1b9d0"

// open opens a DSN in the default registry, and closes the transport at the end
// of the test.
func open(t testing.TB, dsn string, env transport.Env) transport.Transport {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.DefaultRegistry().Open(d, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(t.Context()); err != nil {
			t.Logf("closing %s: %v", d, err)
		}
	})
	return tr
}
