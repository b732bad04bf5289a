package raven

import (
	"context"
	"net/http"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// recovered reports the value of a panic that was recovered.
func (c *Client) recovered(ctx context.Context, r any, opts []CaptureOption) {
	repanicAbort(r)
	if c.Enabled() {
		c.report(ctx, nil, subject{panicked: r, how: seen.ByPanic}, opts)
	}
}

// repanicAbort lets the panic through by which net/http handlers abort.
func repanicAbort(r any) {
	if err, ok := r.(error); ok && guard.Same(err, http.ErrAbortHandler) {
		panic(r)
	}
}
