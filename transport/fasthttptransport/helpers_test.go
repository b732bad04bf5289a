package fasthttptransport_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
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

func open(t testing.TB, dsn string, env transport.Env) (transport.Transport, error) {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return transport.DefaultRegistry().Open(d, env)
}

// mustOpen opens a transport and closes it at the end of the test.
func mustOpen(t testing.TB, dsn string, env transport.Env) transport.AsyncTransport {
	t.Helper()
	tr, err := open(t, dsn, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(context.Background()); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return tr.(transport.AsyncTransport)
}

// listen calls serve for each connection until the end of the test. It returns
// the address.
func listen(t *testing.T, serve func(c net.Conn, in *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				serve(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return l.Addr().String()
}
