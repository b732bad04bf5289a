package main

import (
	"context"
	"errors"

	"github.com/ravenkit/ravenkit/raven"
)

type ours struct {
	ctx      context.Context
	client   *raven.Client // nil if there is only a reporter
	reporter raven.Reporter
	with     []raven.CaptureOption // options of every error
}

// newOurs returns a client for a DSN; an empty one makes it disabled.
func newOurs(ctx context.Context, dsn string, opts ...raven.Option) (*ours, error) {
	c, err := raven.New(dsn, append([]raven.Option{raven.WithRelease(release)}, opts...)...)
	if err != nil {
		return nil, err
	}
	return &ours{ctx: ctx, client: c, reporter: c}, nil
}

// oursDiscard is the reporter of a program without a client.
func oursDiscard(ctx context.Context) *ours { return &ours{ctx: ctx, reporter: raven.Discard} }

func (o *ours) exception(err error) { o.reporter.CaptureException(o.ctx, err, o.with...) }

func (o *ours) message(text string) { o.reporter.CaptureMessage(o.ctx, text) }

// flush waits. It ignores dropped events, because the caller counts those that
// arrived.
func (o *ours) flush(ctx context.Context) error {
	err := o.client.Flush(ctx)
	if loss, ok := errors.AsType[*raven.LossError](err); ok {
		return loss.Err
	}
	return err
}

func (o *ours) close() { _ = o.client.Close(o.ctx) }
