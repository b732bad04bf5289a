package main

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/raven"
)

// plainName is the base for the rows about features.
const plainName = oursName + ", default"

// featureCases are rows about features that cost more than a default capture:
// our client with the feature and without.
func featureCases(ctx context.Context, srv *server) ([]captureCase, error) {
	rows := []struct {
		name string
		opts []raven.Option
		with func(*ours)
	}{
		{name: "source lines in every event", opts: []raven.Option{raven.WithSourceContext(5, 0)}},
		{name: "a BeforeSend that changes nothing", opts: []raven.Option{
			raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event { return ev }),
		}},
		{name: "an observer of outcomes", opts: []raven.Option{raven.WithOnOutcome(func(raven.Outcome) {})}},
		{name: "a Context with a user and 10 breadcrumbs", with: withContext},
		{name: "a request and extra data", with: withRequest},
		{name: "the same, with nothing masked", opts: []raven.Option{raven.WithoutDefaultProcessors()}, with: withRequest},
	}
	var cases []captureCase
	for _, row := range rows {
		c := captureCase{name: row.name, procs: 1, capture: func(c contender, err error) { c.exception(err) }, peerName: plainName}
		c.oursID, c.peerID = srv.newProject(), srv.newProject()
		with, err := newOurs(ctx, srv.dsn(c.oursID, ""), row.opts...)
		if err != nil {
			return nil, err
		}
		if row.with != nil {
			row.with(with)
		}
		c.ours = with
		if c.peer, err = newOurs(ctx, srv.dsn(c.peerID, "")); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func withContext(o *ours) {
	ctx, rc := raven.NewContext(o.ctx, o.client)
	rc.Merge(raven.User{ID: "42", Email: "ada@example.com"}, raven.Tags{"route": "/cart"})
	for i := range 10 {
		raven.Record(ctx, raven.Breadcrumb{Category: "query", Message: fmt.Sprintf("select %d", i), Data: map[string]any{"rows": i}})
	}
	o.ctx = ctx
}

// withRequest adds the same data as a middleware for net/http.
func withRequest(o *ours) {
	o.with = []raven.CaptureOption{
		&raven.Request{
			URL: "https://shop.example.com/cart", Method: "POST", QueryString: "step=3&lang=fr", Cookies: "session=8c6a1f; theme=dark",
			Headers: map[string]string{
				"Accept": "text/html", "Accept-Language": "fr", "Authorization": "Bearer abcdef", "Content-Type": "application/json",
				"Referer": "https://shop.example.com/", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "X-Request-Id": "01hv3m1",
			},
			Env: map[string]string{"REMOTE_ADDR": "10.0.0.1", "SERVER_NAME": "web-1", "SERVER_PORT": "443"},
		},
		raven.Extra{"cart": map[string]any{"items": 3, "total": 129.9}, "attempt": 2, "gateway": "acme"},
	}
}
