package ravenhttp

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
)

// NewTransport returns a RoundTripper that records a breadcrumb for every
// request that next sends, in the Contexts of the request's context: method,
// URL, status, and the time until the answer began. A nil next means
// [http.DefaultTransport]. Requests and answers are not changed.
//
// User, password and query of the URL are omitted. Do not use it for the
// client's own requests.
func NewTransport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &recordingTransport{next: next}
}

type recordingTransport struct{ next http.RoundTripper }

// RoundTrip sends the request and records it.
func (t *recordingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	// The program may reuse the request when the answer has begun.
	ctx, data := r.Context(), map[string]any{"method": cmp.Or(r.Method, http.MethodGet), "url": bareURL(r.URL)}
	resp, err := t.next.RoundTrip(r)
	data["duration_ms"] = time.Since(start).Milliseconds()
	crumb := raven.Breadcrumb{Timestamp: start, Type: "http", Category: "http", Level: raven.LevelError, Data: data}
	switch {
	case err != nil:
		data["reason"] = guard.Error(err)
	case resp == nil: // an error of next, which http.Client reports
		data["reason"] = "neither a response nor an error"
	default:
		crumb.Level = levelOf(resp.StatusCode)
		data["status_code"] = resp.StatusCode
		data["reason"] = strings.TrimSpace(strings.TrimPrefix(resp.Status, resp.Status[:min(3, len(resp.Status))]))
	}
	raven.Record(ctx, crumb)
	return resp, err
}

// CloseIdleConnections forwards [http.Client.CloseIdleConnections] to the next
// transport.
func (t *recordingTransport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func bareURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return bare.String()
}

func levelOf(status int) raven.Level {
	switch {
	case status >= 500:
		return raven.LevelError
	case status >= 400:
		return raven.LevelWarning
	}
	return raven.LevelInfo
}
