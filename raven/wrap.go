package raven

import (
	"context"
	"net/http"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// Wrap calls fn, reports the error that fn returns, and returns it. It
// corresponds to capture_exceptions of Raven for Python. opts go with the
// event; [Only] limits which errors are reported. A panic is reported as by
// [Client.Recover], except for [http.ErrAbortHandler] and those that
// [WithIgnore] selects, and continues. A disabled client only calls fn.
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

// repanic reports a panic and lets it continue. It must be deferred directly.
func (c *Client) repanic(ctx context.Context, opts []CaptureOption) {
	if r := recover(); r != nil {
		c.recovered(ctx, r, opts)
		panic(r)
	}
}

// Wrap is [Client.Wrap] of [ClientFrom]'s client.
func Wrap(ctx context.Context, fn func(ctx context.Context) error, opts ...CaptureOption) error {
	return ClientFrom(ctx).Wrap(ctx, fn, opts...)
}

// Only limits [Client.Wrap] to the errors that one of the matchers selects, and
// errors that wrap them. Without matchers no error is reported. If a matcher is
// invalid, such as one with an empty name, all are. Only does not apply to
// panics and to other captures.
func Only(matchers ...ErrorMatcher) CaptureOption { return only(matchers) }

type only []ErrorMatcher

func (only) apply(*draft) {}

// listed reports whether every Only selects an error.
func listed(err error, opts []CaptureOption) bool {
	for _, o := range opts {
		wanted, ok := o.(only)
		if !ok || slices.ContainsFunc(wanted, func(m ErrorMatcher) bool { return m.fault != nil }) {
			continue
		}
		if !matchesSome(wanted, err) {
			return false
		}
	}
	return true
}

// recovered reports the value of a panic.
func (c *Client) recovered(ctx context.Context, r any, opts []CaptureOption) {
	repanicAbort(r)
	if c.Enabled() {
		c.capture(ctx, nil, subject{panicked: r, how: seen.ByPanic}, opts)
	}
}

// repanicAbort continues the panic by which net/http handlers abort.
func repanicAbort(r any) {
	if err, ok := r.(error); ok && guard.Same(err, http.ErrAbortHandler) {
		panic(r)
	}
}

// Go runs fn in a new goroutine. fn's ctx carries a new Context for every
// client whose [Context] ctx carries, or for the default client if there is
// none. Each starts as a copy of the other one; what the goroutine merges and
// records stays its own.
//
// A panic of fn is stopped and reported by [ClientFrom]'s client as
// [Client.Recover] does it. It is stopped even without a client. A panic with
// [http.ErrAbortHandler] ends the program.
//
// Nothing waits for the goroutine.
func Go(ctx context.Context, fn func(ctx context.Context)) {
	ctx = fork(orBackground(ctx))
	go func() {
		defer Recover(ctx)
		fn(ctx)
	}()
}

// Recover is [Client.Recover] of [ClientFrom]'s client. It must be deferred
// directly. It stops a panic even without a client.
func Recover(ctx context.Context, opts ...CaptureOption) {
	if r := recover(); r != nil {
		ClientFrom(ctx).recovered(ctx, r, opts)
	}
}
