package transporttest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/transport"
)

// Failure decides what goes wrong with a packet on its way into a transport; n
// counts the packets, from 1. Nil lets the packet pass. [ErrLost] makes it
// vanish, [ErrTwice] delivers it twice, and any other error is the outcome of
// the delivery, which does not take place. A Failure may wait, to be slow, and
// read the packet, but not change it. It is called by any number of goroutines.
//
// A Failure happens before the transport gets the packet. For faults of the
// server, see sentrytest.Fault.
type Failure func(n int, p *transport.Packet) error

// Errors of a Failure that are no outcome of a delivery.
var (
	// ErrLost makes a packet vanish. Its sender is told that it was delivered.
	ErrLost = errors.New("transporttest: lost")
	// ErrTwice delivers a packet twice. The outcome is the second one's.
	ErrTwice = errors.New("transporttest: delivered twice")
)

// EveryNth returns a Failure with the error err for the packets n, 2n, 3n and
// so on.
func EveryNth(n int, err error) Failure {
	return func(i int, _ *transport.Packet) error {
		if i%n != 0 {
			return nil
		}
		return err
	}
}

// Inject returns a transport that delivers through next, except for the
// failures. Of several the first that has an error decides. It is a
// [transport.AsyncTransport] if next is one, and keeps the rules of the
// interface: callbacks run exactly once, and Close, which closes next, is
// final. It is a [transport.Holder] then too, which holds what next holds. A
// packet that a Failure stopped is not held.
func Inject(next transport.Transport, failures ...Failure) transport.Transport {
	f := &faulty{next: next, failures: failures}
	if async, ok := next.(transport.AsyncTransport); ok {
		return &faultyAsync{faulty: f, async: holderOf(async)}
	}
	return f
}

type faulty struct {
	next     transport.Transport
	failures []Failure
	n        atomic.Int64
	closed   atomic.Bool
}

// strike returns what is to happen to the next packet.
func (f *faulty) strike(p *transport.Packet) error {
	if f.closed.Load() {
		return nil // next refuses packets after Close
	}
	n := int(f.n.Add(1))
	for _, failure := range f.failures {
		if err := failure(n, p); err != nil {
			return err
		}
	}
	return nil
}

func (f *faulty) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	err := f.strike(p)
	switch {
	case errors.Is(err, ErrTwice):
		_, _ = f.next.Send(ctx, p)
	case err != nil:
		return struck(p, err)
	}
	return f.next.Send(ctx, p)
}

// struck is the outcome of a packet that is not delivered.
func struck(p *transport.Packet, err error) (*transport.Response, error) {
	if errors.Is(err, ErrLost) {
		return &transport.Response{Status: http.StatusOK, EventID: p.EventID}, nil
	}
	return nil, err
}

func (f *faulty) Close(ctx context.Context) error {
	f.closed.Store(true)
	return f.next.Close(ctx)
}

type faultyAsync struct {
	*faulty
	async transport.Holder
}

var _ transport.Holder = (*faultyAsync)(nil)

func (f *faultyAsync) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	err := f.strike(p)
	switch {
	case errors.Is(err, ErrTwice):
		f.async.SendAsync(ctx, p, nil)
	case err != nil:
		if done != nil {
			callSafely(done, p, err)
		}
		return
	}
	f.async.SendAsync(ctx, p, done)
}

// callSafely logs a panic of the callback, as transport.AsyncTransport asks.
// The callback runs on the goroutine of the sender, which must go on.
func callSafely(done func(*transport.Response, error), p *transport.Packet, err error) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("transporttest: a delivery callback panicked", "event", p.EventID, "panic", v)
		}
	}()
	done(struck(p, err))
}

func (f *faultyAsync) Flush(ctx context.Context) error { return f.async.Flush(ctx) }

func (f *faultyAsync) HoldState() transport.HoldState { return f.async.HoldState() }

func (f *faultyAsync) Watch(fn func(transport.Notice)) bool { return f.async.Watch(fn) }
