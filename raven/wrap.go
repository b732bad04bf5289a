package raven

import (
	"context"
	"net/http"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// Wrap calls fn, reports the error that it returns, and returns it unchanged:
// the reference's capture_exceptions, as a decorator and as a context manager.
// opts go with the event; [Only] among them leaves other errors unreported, but
// no panics. A panic is reported as [Client.Recover] does it, except for
// [http.ErrAbortHandler] and what [WithIgnore] lists, and goes on. A disabled
// client only calls fn.
func (c *Client) Wrap(ctx context.Context, fn func(ctx context.Context) error, opts ...CaptureOption) error {
	if !c.Enabled() {
		return fn(ctx)
	}
	defer c.repanic(ctx, opts)
	err := fn(ctx)
	if err != nil && listed(err, opts) {
		c.capture(ctx, nil, subject{err: err, how: seen.ByReturn}, opts)
	}
	return err
}

// repanic reports a panic and lets it go on. It has to be deferred itself.
func (c *Client) repanic(ctx context.Context, opts []CaptureOption) {
	if r := recover(); r != nil {
		c.recovered(ctx, r, opts)
		panic(r)
	}
}

// Wrap is [Client.Wrap] of the client whose Context ctx carries, else of the
// default client.
func Wrap(ctx context.Context, fn func(ctx context.Context) error, opts ...CaptureOption) error {
	return ClientFrom(ctx).Wrap(ctx, fn, opts...)
}

// Only is for [Client.Wrap]: an error is reported only if one of the matchers
// picks it, or an error that it wraps. Without matchers none is; with one that
// can't be made, such as that of an empty name, all are. On other captures it
// has no effect.
func Only(matchers ...ErrorMatcher) CaptureOption { return only(matchers) }

type only []ErrorMatcher

func (only) apply(*draft) {}

// listed reports whether an error is among those that every Only wants.
func listed(err error, opts []CaptureOption) bool {
	for _, o := range opts {
		wanted, ok := o.(only)
		if !ok || slices.ContainsFunc(wanted, func(m ErrorMatcher) bool { return m.fault != nil }) {
			continue
		}
		if budget := errchain.MaxShown; !matchesSome(wanted, err, &budget) {
			return false
		}
	}
	return true
}

// recovered reports the value of a panic that was recovered.
func (c *Client) recovered(ctx context.Context, r any, opts []CaptureOption) {
	repanicAbort(r)
	if c.Enabled() {
		c.capture(ctx, nil, subject{panicked: r, how: seen.ByPanic}, opts)
	}
}

// repanicAbort lets the panic through by which net/http handlers abort.
func repanicAbort(r any) {
	if err, ok := r.(error); ok && guard.Same(err, http.ErrAbortHandler) {
		panic(r)
	}
}

// Go runs fn in a goroutine of its own. For every client whose [Context] ctx
// carries, or for the default client if it carries none, fn's ctx carries a new
// Context that starts with what the other one holds when Go is called: what the
// goroutine merges and records is its own.
//
// A panic of fn is reported by the client whose Context ctx carries, else by
// the default client, and ends with the goroutine, as with [Client.Recover]:
// although there is no client, and not if it is [http.ErrAbortHandler], which
// ends the program as it would have without Go.
//
// Nothing waits for the goroutine. It ends when fn does.
func Go(ctx context.Context, fn func(ctx context.Context)) {
	ctx = fork(orBackground(ctx))
	go func() {
		defer Recover(ctx)
		fn(ctx)
	}()
}

// Recover is [Client.Recover] of the client whose Context ctx carries, else of
// the default client. It has to be deferred itself. It stops a panic although
// there is no client, as a disabled client does.
func Recover(ctx context.Context, opts ...CaptureOption) {
	if r := recover(); r != nil {
		ClientFrom(ctx).recovered(ctx, r, opts)
	}
}
