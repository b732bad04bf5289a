package fakesentryclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// CreateTenant creates a key and a DSN. The name is a label and may be empty.
func (c *Client) CreateTenant(ctx context.Context, name string) (Tenant, error) {
	return call[Tenant](ctx, c, http.MethodPost, "/tenants", nil, map[string]string{"name": name})
}

// Tenants returns all tenants, the oldest first.
func (c *Client) Tenants(ctx context.Context) ([]Tenant, error) {
	out, err := get[struct{ Tenants []Tenant }](ctx, c, "/tenants", nil)
	return out.Tenants, err
}

// Tenant returns the tenant with the key. See [IsNotFound].
func (c *Client) Tenant(ctx context.Context, key string) (Tenant, error) {
	return get[Tenant](ctx, c, "/tenants/"+url.PathEscape(key), nil)
}

// DeleteTenant deletes a tenant and everything that was sent with its key. It
// deletes nothing else. See [IsNotFound].
func (c *Client) DeleteTenant(ctx context.Context, key string) error {
	return c.do(ctx, http.MethodDelete, "/tenants/"+url.PathEscape(key), nil)
}

// RequestFilter chooses requests. The zero value chooses all.
type RequestFilter struct {
	Tenant  string // the key of a tenant; "" for all requests
	Refused bool   // only refused requests
	Faulted bool   // only requests that a fault answered
	Item    string // only envelopes with an item of this type, such as "session"
	Limit   int    // of a page; 0 for the server's default, 100
	Cursor  string // the Next of the previous page
}

// Requests returns one page of the requests that the filter chooses, newest
// first.
func (c *Client) Requests(ctx context.Context, f RequestFilter) (Requests, error) {
	query := Filter{Tenant: f.Tenant, Limit: f.Limit, Cursor: f.Cursor}.values()
	if f.Refused {
		query.Set("refused", "true")
	}
	if f.Faulted {
		query.Set("faulted", "true")
	}
	if f.Item != "" {
		query.Set("item", f.Item)
	}
	return get[Requests](ctx, c, "/requests", query)
}

// Request returns the request with the Seq. See [IsNotFound].
func (c *Client) Request(ctx context.Context, seq int64) (Request, error) {
	return get[Request](ctx, c, fmt.Sprintf("/requests/%d", seq), nil)
}

// RequestBody returns the body of a request after decompression.
func (c *Client) RequestBody(ctx context.Context, seq int64) ([]byte, error) {
	return c.bytes(ctx, fmt.Sprintf("/requests/%d/body", seq))
}

// Envelope returns the envelope of a request. If the request has no envelope,
// the error satisfies [IsNotFound].
func (c *Client) Envelope(ctx context.Context, seq int64) (Envelope, error) {
	return get[Envelope](ctx, c, fmt.Sprintf("/requests/%d/envelope", seq), nil)
}

// Faults returns the server's faults as JSON objects. They can be decoded into
// values of type sentrytest.Fault.
func (c *Client) Faults(ctx context.Context) ([]json.RawMessage, error) {
	out, err := get[struct{ Faults []json.RawMessage }](ctx, c, "/faults", nil)
	return out.Faults, err
}

// SetFaults replaces the server's faults. Each is encoded as JSON: a
// sentrytest.Fault, or a map with the same keys.
//
//	client.SetFaults(ctx, map[string]any{"status": 429, "retry_after": "30", "times": 2})
func (c *Client) SetFaults(ctx context.Context, faults ...any) error {
	if faults == nil {
		faults = []any{}
	}
	return c.do(ctx, http.MethodPut, "/faults", map[string]any{"faults": faults})
}

// ClearFaults removes all faults.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/faults", nil)
}

// Health returns the state of the server. An error means that the server is
// unhealthy or does not answer.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return get[Health](ctx, c, "/health", nil)
}

// Stats returns counts of what the server has received since it started. They
// include what its store held at the start.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	return get[Stats](ctx, c, "/stats", nil)
}
