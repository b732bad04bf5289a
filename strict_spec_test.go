package ravenkit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// captures are all ways to report something, by name.
var captures = map[string]func(ctx context.Context, c *raven.Client){
	"CaptureMessage": func(ctx context.Context, c *raven.Client) {
		c.CaptureMessage(ctx, "disk full")
		c.CaptureMessage(ctx, "disk %d%% full on %s", raven.Params{93, "db1"}, raven.Stack(true))
	},
	"CaptureException": func(ctx context.Context, c *raven.Client) {
		c.CaptureException(ctx, fmt.Errorf("order 17: %w", fs.ErrNotExist))
		c.CaptureException(ctx, errors.Join(errors.New("one"), fmt.Errorf("%w and %w", errors.New("two"), errors.New("three"))))
	},
	"Capture": func(ctx context.Context, c *raven.Client) {
		c.Capture(ctx, nil, raven.Custom(declined{"visa", "17"}))
		c.Capture(ctx, &raven.Event{Message: "all that an event can have"},
			raven.LevelFatal, raven.Tags{"shard": "7"}, raven.Extra{"job": map[string]any{"id": 7}}, raven.Fingerprint{"{{ default }}", "x"},
			raven.User{ID: "42", Email: "a@example.com", IPAddress: "192.0.2.1"},
			&raven.Request{URL: "https://shop.example.com/cart", Method: http.MethodPost, Headers: map[string]string{"Accept": "*/*"}, QueryString: "q=1"},
			raven.Contexts{"device": map[string]any{"name": "till"}}, raven.Transaction("/cart"), raven.Logger("shop"), raven.Site("lyon"),
			raven.Timestamp(time.Now()), raven.TimeSpent(time.Second))
	},
	"Deliver": func(ctx context.Context, c *raven.Client) {
		_, err := c.Deliver(ctx, &raven.Event{Message: "delivered"})
		Expect(err).NotTo(HaveOccurred())
	},
	"Recover": func(ctx context.Context, c *raven.Client) {
		defer c.Recover(ctx)
		panic("of a handler")
	},
	"Wrap": func(ctx context.Context, c *raven.Client) {
		_ = c.Wrap(ctx, func(context.Context) error { return errors.New("refused") })
	},
	"CaptureBreadcrumb": func(ctx context.Context, c *raven.Client) {
		ctx, _ = raven.NewContext(ctx, c)
		c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Category: "query", Message: "select 1", Data: map[string]any{"rows": 1}})
		c.CaptureMessage(ctx, "after a breadcrumb")
	},
	"client reports": func(ctx context.Context, c *raven.Client) {
		c.CaptureMessage(ctx, "sampled out", raven.SampleRate(0))
		c.CaptureMessage(ctx, "carries the report")
	},
}

var _ = Describe("An event of the client", func() {
	// A strict server also fails a spec for warnings that are not in this
	// table.
	for _, wire := range []struct{ name, protocol, compression string }{
		{"envelopes", "envelope", "gzip"},
		{"Raven for Python's format", "store", "deflate"},
	} {
		for name, capture := range captures {
			It("is accepted by a strict server without a warning: "+name+", "+wire.name, func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB(), sentrytest.Strict())
				client := newClient(srv.DSN(sentrytest.DSNParam("protocol", wire.protocol), sentrytest.DSNParam("compression", wire.compression)),
					raven.WithRelease("shop@1.0"), raven.WithEnvironment("test"))
				capture(ctx, client)
				Expect(client.Flush(within(ctx))).To(Succeed())
				Expect(srv.Events()).NotTo(BeEmpty())
				Expect(srv.Rejected()).To(BeEmpty())
				for _, request := range srv.Findings() {
					for _, f := range request.Findings {
						Expect(f.Severity).To(Equal(sentrytest.SeverityInfo), f.String())
					}
				}
			})
		}
	}

	// sentry.interfaces.Query is from Raven for Python. Relay accepts the event
	// and drops the interface.
	It("has one interface that current servers drop: that of CaptureQuery", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(srv.DSN())
		client.CaptureQuery(ctx, "select 1", "postgres")
		Expect(client.Flush(within(ctx))).To(Succeed())
		Expect(srv.Findings()).To(HaveLen(1))
		Expect(srv.Findings()[0].Findings).To(HaveLen(1))
		Expect(srv.Findings()[0].Findings[0].String()).To(Equal(
			`warning: items.0.sentry.interfaces.Query={"engine":"postgres","query":"select 1"}: the protocol knows no such attribute [invalid_attribute]`))
	})
})
