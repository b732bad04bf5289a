package raven_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// held is a transport that accepts packets and delivers nothing, so that only
// the cost of a capture on the caller's goroutine is measured.
type held struct{}

func (held) Send(context.Context, *transport.Packet) (*transport.Response, error) { return nil, nil }

func (held) SendAsync(context.Context, *transport.Packet, func(*transport.Response, error)) {
}
func (held) Flush(context.Context) error { return nil }
func (held) Close(context.Context) error { return nil }

var errBench = fmt.Errorf("load user: %w", fmt.Errorf("query: %w", errors.New("connection refused")))

//go:noinline
func deep(n int, fn func()) {
	if n > 0 {
		deep(n-1, fn)
		return
	}
	fn()
}

func benchmark(b *testing.B, dsn string, capture func(context.Context, *raven.Client), opts ...raven.Option) {
	b.Helper()
	c, err := raven.New(dsn, append([]raven.Option{raven.WithTransport(held{}), raven.WithRelease("1.2.3")}, opts...)...)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	b.ReportAllocs()
	deep(7, func() {
		for b.Loop() {
			capture(ctx, c)
		}
	})
}

func BenchmarkCaptureException(b *testing.B) {
	for _, wire := range []struct{ name, dsn string }{{"envelope", testDSN}, {"store", storeDSN}} {
		b.Run(wire.name, func(b *testing.B) {
			benchmark(b, wire.dsn, func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, errBench) })
		})
	}
}

func BenchmarkCaptureExceptionTagged(b *testing.B) {
	tags, extra := raven.Tags{"shard": "7", "host": "a"}, raven.Extra{"job": 42, "queue": []string{"a", "b"}}
	benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, errBench, tags, extra) })
}

func BenchmarkCaptureExceptionSource(b *testing.B) {
	benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, errBench) }, raven.WithSourceContext(5, 0))
}

func BenchmarkCaptureExceptionBeforeSend(b *testing.B) {
	same := raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event { return ev })
	benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, errBench) }, same)
}

func BenchmarkCaptureMessage(b *testing.B) {
	benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) { c.CaptureMessage(ctx, "disk full") })
}

func BenchmarkCaptureBreadcrumb(b *testing.B) {
	crumb := raven.Breadcrumb{Category: "db", Message: "select 1", Level: raven.LevelInfo}
	benchmark(b, testDSN, func(ctx context.Context, c *raven.Client) { c.CaptureBreadcrumb(ctx, crumb) })
}

func BenchmarkCaptureWithBreadcrumbs(b *testing.B) {
	c, err := raven.New(testDSN, raven.WithTransport(held{}))
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		c.CaptureBreadcrumb(b.Context(), raven.Breadcrumb{Category: "db", Message: fmt.Sprint("select ", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		c.CaptureException(b.Context(), errBench)
	}
}

func BenchmarkDisabled(b *testing.B) {
	b.Setenv("SENTRY_DSN", "")
	c, err := raven.New("")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.CaptureException(b.Context(), errBench)
	}
}
