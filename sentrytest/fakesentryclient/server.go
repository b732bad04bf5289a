package fakesentryclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// CreateTenant mints a key and a DSN. The name is for people, and may be empty.
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

// Tenant returns the tenant with the key; see [IsNotFound].
func (c *Client) Tenant(ctx context.Context, key string) (Tenant, error) {
	var t Tenant
	err := c.call(ctx, http.MethodGet, "/tenants/"+url.PathEscape(key), nil, nil, &t)
	return t, err
}

// DeleteTenant deletes a tenant with everything that was sent with its key, and nothing else; see [IsNotFound].
func (c *Client) DeleteTenant(ctx context.Context, key string) error {
	return c.call(ctx, http.MethodDelete, "/tenants/"+url.PathEscape(key), nil, nil, nil)
}

// RequestFilter chooses requests. The zero value chooses all.
type RequestFilter struct {
	Tenant  string // the key of a tenant; "" for everybody's
	Refused bool   // only those that were refused
	Faulted bool   // only those that a fault has answered
	Item    string // only envelopes with an item of this type, such as "session"
	Limit   int    // of a page; 0 for the server's, which is 100
	Cursor  string // the Next of the page before
}

// Requests returns one page of the requests that the filter chooses, newest first.
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

// Request returns the request with the Seq; see [IsNotFound].
func (c *Client) Request(ctx context.Context, seq int64) (Request, error) {
	var r Request
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/requests/%d", seq), nil, nil, &r)
	return r, err
}

// RequestBody returns the body of a request after decompression.
func (c *Client) RequestBody(ctx context.Context, seq int64) ([]byte, error) {
	return c.bytes(ctx, fmt.Sprintf("/requests/%d/body", seq))
}

// Envelope returns the envelope of a request; see [IsNotFound] for one without.
func (c *Client) Envelope(ctx context.Context, seq int64) (Envelope, error) {
	var e Envelope
	err := c.call(ctx, http.MethodGet, fmt.Sprintf("/requests/%d/envelope", seq), nil, nil, &e)
	return e, err
}

// Faults returns the faults of the server as JSON objects, which can be decoded
// into values of sentrytest.Fault.
func (c *Client) Faults(ctx context.Context) ([]json.RawMessage, error) {
	var out struct{ Faults []json.RawMessage }
	err := c.call(ctx, http.MethodGet, "/faults", nil, nil, &out)
	return out.Faults, err
}

// SetFaults replaces the faults of the server. Each is encoded as JSON: a
// sentrytest.Fault, or a map with its words.
//
//	client.SetFaults(ctx, map[string]any{"status": 429, "retry_after": "30", "times": 2})
func (c *Client) SetFaults(ctx context.Context, faults ...any) error {
	if faults == nil {
		faults = []any{}
	}
	return c.call(ctx, http.MethodPut, "/faults", nil, map[string]any{"faults": faults}, nil)
}

// ClearFaults takes all faults away.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/faults", nil, nil, nil)
}

// Health returns how the server is. An error means that it is not well, or not there.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var h Health
	err := c.call(ctx, http.MethodGet, "/health", nil, nil, &h)
	return h, err
}

// Stats returns what the server has received since it was started, what its store had then included.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	err := c.call(ctx, http.MethodGet, "/stats", nil, nil, &s)
	return s, err
}
