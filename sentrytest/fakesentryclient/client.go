package fakesentryclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client talks to one fakesentry. Make one with [New]. It is safe for
// concurrent use. It needs no Close; only its http.Client may keep idle
// connections.
type Client struct {
	base string
	http *http.Client
}

// Option configures a client. A nil Option is skipped.
type Option func(*Client)

// HTTPClient replaces http.DefaultClient, for example by a client that trusts
// the CA of a TLS server. Its Timeout must not be shorter than the longest
// wait.
func HTTPClient(c *http.Client) Option {
	return func(client *Client) { client.http = c }
}

// New returns a client for the server at the URL, for example
// http://127.0.0.1:8000. A DSN of the server works too. New does not connect.
// It fails only if the URL is malformed.
func New(server string, opts ...Option) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("fakesentryclient: the server's address %q is not of the form http://HOST:PORT", hideUser(server))
	}
	if u.User != nil { // a DSN; its last path segment is the project
		u.User, u.RawQuery = nil, ""
		u.Path = u.Path[:max(strings.LastIndexByte(u.Path, '/'), 0)]
	}
	c := &Client{base: strings.TrimSuffix(u.String(), "/"), http: http.DefaultClient}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	return c, nil
}

// hideUser removes the keys, because the address may be a DSN.
func hideUser(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if _, host, has := strings.Cut(rest, "@"); ok && has {
		return scheme + "://…@" + host
	}
	return address
}

// URL returns the server's address without a trailing slash.
func (c *Client) URL() string { return c.base }

// Error is an answer with a status of 300 or more.
type Error struct {
	Method  string
	URL     string
	Status  int
	Message string // the server's
}

// Error returns the server's message and the request.
func (e *Error) Error() string {
	return fmt.Sprintf("fakesentryclient: %s %s: %d: %s", e.Method, e.URL, e.Status, e.Message)
}

// IsNotFound reports whether the error says that something does not exist, or
// no longer exists.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Filter chooses events. The zero value chooses all.
type Filter struct {
	Query  string // for example `level:error tag:shard=7 text`
	Tenant string // the key of a tenant; "" for all events
	Limit  int    // of a page; 0 for the server's default, 100
	Cursor string // the Next of the previous page
}

func (f Filter) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("q", f.Query)
	set("tenant", f.Tenant)
	set("cursor", f.Cursor)
	if f.Limit != 0 {
		v.Set("limit", fmt.Sprint(f.Limit))
	}
	return v
}

// get makes a GET request and decodes the JSON answer.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, query, nil)
}

// call makes a request and decodes the JSON answer.
func call[T any](ctx context.Context, c *Client, method, path string, query url.Values, in any) (out T, err error) {
	resp, err := c.send(ctx, method, path, query, in)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(&bounded{resp.Body, maxAnswer}).Decode(&out); err != nil {
		return out, fmt.Errorf("fakesentryclient: %s %s: the answer: %w", method, resp.Request.URL, err)
	}
	return out, nil
}

// do makes a request and ignores the answer unless it is an error.
func (c *Client) do(ctx context.Context, method, path string, in any) error {
	resp, err := c.send(ctx, method, path, nil, in)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// send makes a request. It returns an *Error for a status of 300 or more.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("fakesentryclient: %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	address := c.base + "/api/v1" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("fakesentryclient: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fakesentryclient: %w", err)
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return resp, nil
}

// maxAnswer bounds what is read of an answer: a page of 1,000 events, or an
// attachment.
const maxAnswer = 512 << 20

// bounded fails when r has more than left bytes.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fmt.Errorf("it has more than %d bytes, which fakesentry does not send", int64(maxAnswer))
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// maxError bounds what is read of an error. The answer may come from any
// server.
const maxError = 1 << 20

func readError(resp *http.Response) error {
	e := &Error{Method: resp.Request.Method, URL: resp.Request.URL.String(), Status: resp.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxError)) // a partial body is enough
	var said waited
	// A body that is not JSON comes from another server at this address.
	if json.Unmarshal(text, &said) != nil {
		said.Error = ""
	}
	e.Message = cmp.Or(said.Error, http.StatusText(resp.StatusCode)+", which is not an answer of fakesentry")
	if resp.StatusCode == http.StatusGatewayTimeout && said.Events != nil {
		return &WaitError{Arrived: said.Events, Err: e}
	}
	return e
}
