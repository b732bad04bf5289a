package reactortransport

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// callerOfCallbacks is the method below that has every callback above it on the
// stack.
const callerOfCallbacks = "(*Reactor).tell"

// tell runs the callback of an outcome, and settles it.
func (r *Reactor) tell(o outcome) {
	if o.job.accepted {
		defer r.account.Settle(o.job.ticket) // also when the callback ends the goroutine
		r.count(o.err)
	}
	if o.job.done == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			r.cfg.Logger.Error("reactortransport: a delivery callback panicked", "panic", guard.Plain(v), "stack", string(debug.Stack()))
		}
	}()
	o.job.done(o.response, o.err)
}

// count notes a packet that Close gave up.
func (r *Reactor) count(err error) {
	if guard.Is(err, transport.ErrClosed) {
		r.abandoned.Add(1)
	}
}

// explain makes errors that Close caused say so.
func (r *Reactor) explain(p *transport.Packet, err error) error {
	if err == nil || r.life.Err() == nil || errors.Is(err, transport.ErrClosed) {
		return err
	}
	return closedBefore(p, err)
}

func closedBefore(p *transport.Packet, err error) error {
	return fmt.Errorf("%w before event %s was delivered: %w", transport.ErrClosed, p.EventID, err)
}

// shift is the time in which one goroutine is the reactor. While it runs a
// callback, which may never return, another goroutine may take the reactor
// over; it finds out when it is back.
type shift struct{ at atomic.Int32 }

const (
	atWork int32 = iota
	inCallback
	relieved
)

func (s *shift) leave() { s.at.Store(inCallback) }

// back reports whether the goroutine is still the reactor.
func (s *shift) back() bool { return s.at.CompareAndSwap(inCallback, atWork) }

// watch knows the present shift.
type watch struct{ present atomic.Pointer[shift] }

func (w *watch) begin() *shift {
	s := new(shift)
	w.present.Store(s)
	return s
}

// relieve ends the present shift if it is stuck in a callback.
func (w *watch) relieve() bool {
	s := w.present.Load()
	return s != nil && s.at.CompareAndSwap(inCallback, relieved)
}
