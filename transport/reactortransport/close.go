package reactortransport

import (
	"context"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// closeGrace is how long Close waits, after its deadline, for what it has
// cancelled to return.
const closeGrace = 200 * time.Millisecond

// Close ends the transport, under the rules of [transport.AsyncTransport].
// Called on the reactor, by a callback, it waits in vain for that callback.
func (r *Reactor) Close(ctx context.Context) error {
	if !r.account.Close() {
		return r.awaitClose(ctx)
	}
	defer close(r.gone)
	r.gate.close()
	drain, cancel := context.WithTimeout(ctx, r.cfg.ShutdownTimeout)
	defer cancel()
	left := r.account.Flush(drain)
	r.end(transport.ErrClosed)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	stuck := 0
	if left > 0 {
		stuck = r.abandonRest(grace, context.Cause(drain))
	}
	r.join(grace)
	err := r.next.Close(drain)
	if abandoned := int(r.abandoned.Load()); left > 0 && abandoned+stuck > 0 {
		// Without either, all of it arrived after the deadline, before the
		// cancelling.
		return &transport.UndeliveredError{Abandoned: abandoned, Stuck: stuck, Err: context.Cause(drain)}
	}
	return err
}

// abandonRest has the reactor give up what is left, for a cause, and goes on
// without a callback that holds it up. It returns how much did not come to an
// end.
func (r *Reactor) abandonRest(grace context.Context, cause error) (stuck int) {
	r.post(func() { r.giveUp(cause) })
	for patience := closeGrace / 2; grace.Err() == nil; patience = closeGrace / 10 {
		wait, cancel := context.WithTimeout(grace, patience)
		left := r.account.Flush(wait)
		cancel()
		if left == 0 {
			return 0
		}
		if r.watch.relieve() {
			go r.takeOver()
			break
		}
	}
	return r.account.Flush(grace)
}

// takeOver is the reactor from now on, in the place of a goroutine that a
// callback does not give back. The callbacks that are left are not risked on
// it.
func (r *Reactor) takeOver() {
	r.state.lost = true
	r.run(r.watch.begin())
}

// join waits for the reactor and its I/O goroutines, or until ctx ends.
func (r *Reactor) join(ctx context.Context) {
	r.inbox.close()
	select {
	case <-r.inbox.done:
		r.inOut.Wait() // they have all reported back
	case <-ctx.Done():
	}
}

// awaitClose is what every Close but the first does.
func (r *Reactor) awaitClose(ctx context.Context) error {
	select {
	case <-r.gone:
		return nil
	case <-ctx.Done():
		return &transport.UndeliveredError{Pending: r.account.Pending(), Err: context.Cause(ctx)}
	}
}
