package host

import (
	"context"
	"net/http"
)

// Settle waits until everything that was sent has been answered, or ctx ends. It asks the server for its health first,
// on a connection of its own: when that is answered, every connection that was opened earlier has been accepted too.
func (h *Host) Settle(ctx context.Context) {
	h.knock(ctx)
	_ = h.Server.WaitIdle(ctx) // what is still under way when ctx ends is not waited for
}

// knock makes a request on a new connection. Whether it succeeds does not matter.
func (h *Host) knock(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.Server.URL()+"/api/v1/health", nil)
	if err != nil {
		return
	}
	req.Close = true
	carrier := &http.Transport{DialContext: h.Server.DialContext}
	defer carrier.CloseIdleConnections()
	if resp, err := carrier.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
	}
}
