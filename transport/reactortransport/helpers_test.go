package reactortransport_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/reactortransport"
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

// next is the transport below a reactor. Its sends wait for a permit, so that a
// test decides when each packet is delivered.
type next struct {
	permits chan struct{}
	deaf    bool // it ignores the end of its context
	mu      sync.Mutex
	ids     []string
	now     int
	most    int
	closed  bool
}

func newNext() *next { return &next{permits: make(chan struct{})} }

func (n *next) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	n.mu.Lock()
	n.ids = append(n.ids, p.EventID)
	n.now++
	n.most = max(n.most, n.now)
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.now--
	}()
	switch p.EventID {
	case "goexit":
		runtime.Goexit()
	case "panic":
		panic("below")
	}
	done := ctx.Done()
	if n.deaf {
		done = nil
	}
	select {
	case <-n.permits:
		return &transport.Response{Status: 200, EventID: p.EventID}, nil
	case <-done:
		return nil, ctx.Err()
	}
}

func (n *next) Close(context.Context) error {
	n.closed = true
	return nil
}

func (n *next) allow(count int) {
	for range count {
		n.permits <- struct{}{}
	}
}

// sent returns the ids of the sent packets, in order.
func (n *next) sent() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.ids, " ")
}

func body(id string) *transport.Packet {
	return &transport.Packet{EventID: id, Body: []byte("0123456789")}
}

// outcomes collects the arguments of callbacks, in order.
type outcomes struct {
	mu  sync.Mutex
	of  map[string]error
	ids []string
}

func (o *outcomes) done(id string) func(*transport.Response, error) {
	return func(_ *transport.Response, err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.of == nil {
			o.of = make(map[string]error)
		}
		o.of[id] = err
		o.ids = append(o.ids, id)
	}
}

// told returns the ids of the callbacks that ran, in order.
func (o *outcomes) told() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.ids, " ")
}

func (o *outcomes) err(id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[id]
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// inBubble runs a test on fake time. The bubble fails if a goroutine is left
// after Close.
func inBubble(t *testing.T, cfg reactortransport.Config, fn func(t *testing.T, g *WithT, r *transport.Threaded, n *next, o *outcomes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNext()
		if cfg.ThreadedConfig.Logger == nil {
			cfg.ThreadedConfig.Logger = quiet
		}
		r, err := reactortransport.NewOver(n, cfg)
		if err != nil {
			t.Fatal(err)
		}
		g := NewWithT(t)
		defer func() {
			_ = r.Close(ended())
			if !n.closed {
				t.Error("Close did not close what the reactor delivers through")
			}
		}()
		fn(t, g, r, n, new(outcomes))
	})
}

func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// goroutine names the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	name, _, _ := bytes.Cut(buf, []byte(" ["))
	return string(name)
}
