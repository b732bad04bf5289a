package ravenlambda

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/ravenkit/ravenkit/raven"
)

// DefaultReserve is the part of an invocation's time that deliveries leave
// alone, so that the answer still reaches Lambda.
const DefaultReserve = 100 * time.Millisecond

// Option sets up [Wrap].
type Option func(*config)

type config struct{ reserve time.Duration }

// WithReserve leaves d of an invocation's time alone, in place of
// [DefaultReserve].
func WithReserve(d time.Duration) Option {
	return func(c *config) { c.reserve = max(d, 0) }
}

// Wrap puts the client around a handler. Each invocation has a raven.Context of
// its own, which holds the function and the request's id. An error that the
// handler returns is reported, and so is a panic, which goes on.
//
// Before an invocation ends, whatever its outcome, it waits until everything is
// delivered or lost, but no longer than the invocation's deadline less the
// reserve. What is left then may be delivered when Lambda thaws the process for
// its next invocation, if there is one. The default transport on Lambda, sync,
// leaves nothing: it makes one attempt during the capture. With threaded, an
// invocation during an outage waits for all of that time. A nil client is a
// disabled one.
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

// Invoke serves one invocation.
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

// deliver waits for what was captured, also while a panic goes on.
func (h *handler) deliver(ctx context.Context) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline.Add(-h.cfg.reserve))
		defer cancel()
	}
	// The client logs what it can't deliver.
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
