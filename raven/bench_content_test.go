package raven_test

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
)

// BenchmarkCaptureRequest captures with the data that a middleware adds, and
// shows the cost of the search for secrets.
func BenchmarkCaptureRequest(b *testing.B) {
	req := &raven.Request{
		URL: "https://shop.example.com/cart/checkout", Method: "POST", QueryString: "step=3&lang=fr&ref=newsletter",
		Cookies: "session=8c6a1f; theme=dark",
		Headers: map[string]string{
			"Accept": "text/html,application/xhtml+xml", "Accept-Language": "fr-FR,fr;q=0.9", "Authorization": "Bearer abcdef",
			"Content-Type": "application/json", "Referer": "https://shop.example.com/cart?step=2", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)",
			"X-Forwarded-For": "203.0.113.7", "X-Request-Id": "01hv3m1",
		},
		Env: map[string]string{"REMOTE_ADDR": "10.0.0.1", "SERVER_NAME": "web-1", "SERVER_PORT": "443"},
	}
	extra := raven.Extra{"cart": map[string]any{"items": 3, "total": 129.9, "coupon": "SPRING"}, "attempt": 2, "gateway": "acme"}
	tags := raven.Tags{"shard": "7", "host": "a"}
	for _, bb := range []struct {
		name string
		opts []raven.Option
	}{
		{"default", nil},
		{"unscrubbed", []raven.Option{raven.WithoutDefaultProcessors()}},
		{"BeforeSend", []raven.Option{raven.WithBeforeSend(keep)}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) {
				c.CaptureException(ctx, errBench, tags, extra, req, raven.User{ID: "42", Email: "a@example.com"})
			}, bb.opts...)
		})
	}
}
