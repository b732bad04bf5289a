package transporttest

import (
	"context"
	"errors"
	"net"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// delivered checks the outcome of a packet that the server accepted.
func (t *trial) delivered(how string, p *transport.Packet, o outcome) {
	t.Helper()
	if o.err != nil || o.r == nil {
		t.Errorf("%s: want a response about event %s, got %v", how, p.EventID, o)
	}
}

// failed checks the outcome of a packet without an answer, and returns the
// error.
func (t *trial) failed(how string, p *transport.Packet, o outcome) *transport.NetworkError {
	t.Helper()
	var network *transport.NetworkError
	switch {
	case !errors.As(o.err, &network):
		t.Errorf("%s: want a *NetworkError, got %v", how, o)
		return nil
	case o.r != nil:
		t.Errorf("%s: got a response together with the error %v", how, o.err)
	case network.EventID != p.EventID || network.Host == "":
		t.Errorf("%s: want an error about event %s with the host, got %q and %q", how, p.EventID, network.EventID, network.Host)
	}
	return network
}

func (t *trial) timedOut(how string, p *transport.Packet, o outcome) {
	t.Helper()
	err := t.failed(how, p, o)
	if err == nil {
		return
	}
	var n net.Error
	switch {
	case !errors.Is(o.err, context.DeadlineExceeded):
		t.Errorf("%s: errors.Is finds no context.DeadlineExceeded in %v", how, o.err)
	case !errors.As(o.err, &n) || !n.Timeout():
		t.Errorf("%s: want a net.Error with Timeout, got %v", how, o.err)
	}
}

func (t *trial) closed(how string, o outcome) {
	t.Helper()
	if o.r != nil || !errors.Is(o.err, transport.ErrClosed) {
		t.Errorf("%s: want an error that wraps ErrClosed, got %v", how, o)
	}
}

func arrived(srv *sentrytest.Server, p *transport.Packet) bool { return copies(srv, p) > 0 }

// copies counts how often the server accepted a packet's event.
func copies(srv *sentrytest.Server, p *transport.Packet) int {
	n := 0
	for _, e := range srv.Events() {
		if e.EventID == p.EventID {
			n++
		}
	}
	return n
}
