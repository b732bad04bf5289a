package transporttest

import (
	"context"
	"errors"
	"fmt"
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
	network, ok := errors.AsType[*transport.NetworkError](o.err)
	switch {
	case !ok:
		t.Errorf("%s: want a *NetworkError, got %v", how, o)
		return nil
	case o.r != nil:
		t.Errorf("%s: got a response together with the error %v", how, o.err)
	case network.EventID != p.EventID || network.Host == "":
		t.Errorf("%s: want an error about event %s with the host, got %q and %q", how, p.EventID, network.EventID, network.Host)
	}
	return network
}

// fails is failed as a judgment.
func (t *trial) fails(how string, p *transport.Packet, o outcome) {
	t.Helper()
	t.failed(how, p, o)
}

func (t *trial) timedOut(how string, p *transport.Packet, o outcome) {
	t.Helper()
	err := t.failed(how, p, o)
	if err == nil {
		return
	}
	if !errors.Is(o.err, context.DeadlineExceeded) {
		t.Errorf("%s: errors.Is finds no context.DeadlineExceeded in %v", how, o.err)
	} else if n, ok := errors.AsType[net.Error](o.err); !ok || !n.Timeout() {
		t.Errorf("%s: want a net.Error with Timeout, got %v", how, o.err)
	}
}

func (t *trial) closed(how string, _ *transport.Packet, o outcome) {
	t.Helper()
	if o.r != nil || !errors.Is(o.err, transport.ErrClosed) {
		t.Errorf("%s: want an error that wraps ErrClosed, got %v", how, o)
	}
}

// pending checks the error of a Flush that could not wait for n packets.
func (t *trial) pending(how string, err error, n int) {
	t.Helper()
	if u, ok := errors.AsType[*transport.UndeliveredError](err); !ok || u.Pending != n {
		t.Errorf("%s: want an *UndeliveredError with %d Pending from Flush, got %v", how, n, err)
	}
}

// abandoned checks the error of a Close that gave up n packets, or left them in
// a spool.
func (t *trial) abandoned(how string, err error, n int) {
	t.Helper()
	if u, ok := errors.AsType[*transport.UndeliveredError](err); !ok || u.Abandoned+u.Spooled != n {
		t.Errorf("%s: want an *UndeliveredError with %d Abandoned from Close, got %v", how, n, err)
	}
}

// judgment checks the outcome of one packet.
type judgment = func(how string, p *transport.Packet, o outcome)

// all judges the outcomes of packets of SendAsync. get is settled or told.
func (t *trial) all(how string, packets []*transport.Packet, receipts []*receipt, get func(string, *receipt) outcome, judge judgment) {
	t.Helper()
	for i, r := range receipts {
		how := fmt.Sprintf("%s, packet %d of %d", how, i+1, len(receipts))
		judge(how, packets[i], get(how, r))
	}
}

// told waits for the outcome of a packet.
func (t *trial) told(how string, r *receipt) outcome {
	t.Helper()
	return receive(t, "the callback of "+how, r.told)
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
