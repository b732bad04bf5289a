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
	var t Tenant
	err := c.call(ctx, http.MethodPost, "/tenants", nil, map[string]string{"name": name}, &t)
	return t, err
}

// Tenants returns all tenants, the oldest first.
func (c *Client) Tenants(ctx context.Context) ([]Tenant, error) {
	var out struct{ Tenants []Tenant }
	err := c.call(ctx, http.MethodGet, "/tenants", nil, nil, &out)
	return out.Tenants, err
}

// Tenant returns the tenant with the key. See [IsNotFound].
func (c *Client) Tenant(ctx context.Context, key string) (Tenant, error) {
	var t Tenant
	err := c.call(ctx, http.MethodGet, "/tenants/"+url.PathEscape(key), nil, nil, &t)
	return t, err
}

// DeleteTenant deletes a tenant and everything that was sent with its key. It
// deletes nothing else. See [IsNotFound].
func (c *Client) DeleteTenant(ctx context.Context, key string) error {
	return c.call(ctx, http.MethodDelete, "/tenants/"+url.PathEscape(key), nil, nil, nil)
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
	var out Requests
	err := c.call(ctx, http.MethodGet, "/requests", query, nil, &out)
	return out, err
}

// Request returns the request with the Seq. See [IsNotFound].
func (c *Client) Request(ctx context.Context, seq int64) (Request, error) {
	var r Request
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/requests/%d", seq), nil, nil, &r)
	return r, err
}

// RequestBody returns the body of a request after decompression.
func (c *Client) RequestBody(ctx context.Context, seq int64) ([]byte, error) {
	return c.bytes(ctx, fmt.Sprintf("/requests/%d/body", seq))
}

// Envelope returns the envelope of a request. If the request has no envelope,
// the error satisfies [IsNotFound].
func (c *Client) Envelope(ctx context.Context, seq int64) (Envelope, error) {
	var e Envelope
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/requests/%d/envelope", seq), nil, nil, &e)
	return e, err
}

// Faults returns the server's faults as JSON objects. They can be decoded into
// values of type sentrytest.Fault.
func (c *Client) Faults(ctx context.Context) ([]json.RawMessage, error) {
	var out struct{ Faults []json.RawMessage }
	err := c.call(ctx, http.MethodGet, "/faults", nil, nil, &out)
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
	return c.call(ctx, http.MethodPut, "/faults", nil, map[string]any{"faults": faults}, nil)
}

// ClearFaults removes all faults.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/faults", nil, nil, nil)
}

// Health returns the state of the server. An error means that the server is
// unhealthy or does not answer.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var h Health
	err := c.call(ctx, http.MethodGet, "/health", nil, nil, &h)
	return h, err
}

// Stats returns counts of what the server has received since it started. They
// include what its store held at the start.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	err := c.call(ctx, http.MethodGet, "/stats", nil, nil, &s)
	return s, err
}
