package host

import (
	"context"
	"net/http"
)

// counted counts the requests that are under way.
func (h *Host) counted(ingest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.busy++
		h.mu.Unlock()
		defer func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.busy--; h.busy == 0 && h.idle != nil {
				close(h.idle)
				h.idle = nil
			}
		}()
		ingest.ServeHTTP(w, r)
	})
}

// Settle waits until no request to ingest is under way, or ctx ends. It asks the server for its health first, on a
// connection of its own: when that is answered, every connection that was opened earlier has been accepted too.
func (h *Host) Settle(ctx context.Context) {
	h.knock(ctx)
	for {
		h.mu.Lock()
		if h.busy == 0 {
			h.mu.Unlock()
			return
		}
		if h.idle == nil {
			h.idle = make(chan struct{})
		}
		idle := h.idle
		h.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return
		}
	}
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
