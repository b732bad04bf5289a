package raven

import (
	"context"
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// Wrap calls fn, reports the error that it returns, and returns it unchanged:
// the reference's capture_exceptions, as a decorator and as a context manager.
// opts go with the event; [Only] among them leaves other errors unreported, but
// no panics. A panic is reported as [Client.Recover] does it, except for
// [http.ErrAbortHandler] and what [WithIgnore] lists, and goes on. A disabled client only calls fn.
func (c *Client) Wrap(ctx context.Context, fn func(ctx context.Context) error, opts ...CaptureOption) error {
	if !c.Enabled() {
		return fn(ctx)
	}
	defer c.repanic(ctx, opts)
	err := fn(ctx)
	if err != nil && listed(err, opts) {
		c.report(ctx, nil, subject{err: err, how: seen.ByReturn}, opts)
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
