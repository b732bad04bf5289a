package ravenlambda

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/ravenkit/ravenkit/raven"
)

// DefaultReserve is the time before an invocation's deadline that deliveries do
// not use, so that the answer still reaches Lambda.
const DefaultReserve = 100 * time.Millisecond

// Option configures [Wrap].
type Option func(*config)

type config struct{ reserve time.Duration }

// WithReserve stops deliveries d before an invocation's deadline, in place of
// [DefaultReserve]. A negative d is zero.
func WithReserve(d time.Duration) Option {
	return func(c *config) { c.reserve = max(d, 0) }
}

// Wrap returns a handler that reports the errors that next returns and its
// panics, which continue. Each invocation has its own raven.Context, with the
// function's name and the request's ID. A nil client reports nothing.
//
// Before an invocation ends, the handler waits until every event is delivered
// or lost, at most until the deadline less the reserve. Events still queued
// then may be sent when Lambda thaws the process for another invocation. The
// default transport on Lambda, sync, queues nothing: it makes one attempt
// during the capture. With threaded, an invocation during an outage waits until
// that limit.
func Wrap(client *raven.Client, next lambda.Handler, opts ...Option) lambda.Handler {
	cfg := config{reserve: DefaultReserve}
	for _, o := range opts {
		if o != nil {
			o(&cfg)
		}
	}
	return &handler{client: client, next: next, cfg: cfg}
}

type handler struct {
	client *raven.Client
	next   lambda.Handler
	cfg    config
}

// Invoke implements [lambda.Handler].
func (h *handler) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	if !h.client.Enabled() {
		return h.next.Invoke(ctx, payload)
	}
	ctx, rc := raven.NewContext(ctx, h.client)
	rc.Merge(describe(ctx)...)
	defer h.deliver(ctx)
	err = h.client.Wrap(ctx, func(ctx context.Context) error {
		answer, err = h.next.Invoke(ctx, payload)
		return err
	})
	return answer, err
}

// deliver waits for the captured events. It is deferred, so that it also runs
// during a panic.
func (h *handler) deliver(ctx context.Context) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline.Add(-h.cfg.reserve))
		defer cancel()
	}
	// The client logs events that it can't deliver.
	_ = h.client.Flush(ctx)
}

func describe(ctx context.Context) []raven.CaptureOption {
	opts := []raven.CaptureOption{raven.Transaction(lambdacontext.FunctionName)}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		opts = append(opts, raven.Contexts{"aws_lambda": map[string]any{
			"function_name":        lambdacontext.FunctionName,
			"function_version":     lambdacontext.FunctionVersion,
			"aws_request_id":       lc.AwsRequestID,
			"invoked_function_arn": lc.InvokedFunctionArn,
		}})
	}
	return opts
}
