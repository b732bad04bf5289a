package host

import (
	"context"
	"net/http"
)

// Settle waits until all requests that were sent are answered, or ctx ends. It
// first asks the server for its health on a new connection. When that is
// answered, the server has accepted every older connection.
func (h *Host) Settle(ctx context.Context) {
	h.knock(ctx)
	_ = h.Server.WaitIdle(ctx) // the error of ctx does not matter
}

// knock makes a request on a new connection. It ignores errors.
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
