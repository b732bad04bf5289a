package raven_test

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// Each of two requests has its own Context.
func ExampleNewContext() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("sync"))))
	defer func() { _ = client.Close(context.Background()) }()

	serve := func(user string) {
		ctx, rc := raven.NewContext(context.Background(), client)
		rc.Merge(raven.User{ID: user}, raven.Tags{"route": "/cart"})
		raven.Record(ctx, raven.Breadcrumb{Category: "cart", Message: "opened by " + user})
		client.CaptureException(ctx, errors.New("out of stock"))
	}
	serve("ann")
	serve("bob")
	for _, ev := range srv.Events() {
		fmt.Println(ev.User.ID, ev.Tags["route"], len(ev.Breadcrumbs), ev.Breadcrumbs[0].Message)
	}
	// Output:
	// ann /cart 1 opened by ann
	// bob /cart 1 opened by bob
}

func ExampleContext_Merge() {
	client := must(raven.New("https://public@sentry.example.com/42", raven.WithTransport(printer{})))
	_, rc := raven.NewContext(context.Background(), client)
	rc.Merge(raven.Tags{"shop": "lyon"}, raven.Tags{"till": "3"})
	rc.Deactivate()
	rc.Merge(raven.Tags{"till": "4"}, raven.Activate(false))
	fmt.Println(rc.Get().Tags, rc.Active())
	rc.Merge(raven.Extra{"receipt": 17})
	fmt.Println(rc.Get().Extra, rc.Active())
	// Output:
	// map[shop:lyon till:4] false
	// map[receipt:17] true
}

// Process is called only if there is an event.
func ExampleBreadcrumb_process() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("sync"))))
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()

	client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Category: "db", Process: func(b *raven.Breadcrumb) {
		b.Message = "a plan that took long to explain"
	}})
	client.CaptureMessage(ctx, "slow query")
	fmt.Println(srv.Events()[0].Breadcrumbs[0].Message)
	// Output: a plan that took long to explain
}

func ExampleClient_Wrap() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("sync"))))
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()

	for _, failure := range []error{io.ErrUnexpectedEOF, io.EOF} {
		err := client.Wrap(ctx, func(context.Context) error {
			return fmt.Errorf("import: %w", failure)
		}, raven.Only(raven.Is(io.ErrUnexpectedEOF)))
		fmt.Println(err, len(srv.Events()))
	}
	// Output:
	// import: unexpected EOF 1
	// import: EOF 1
}

func ExampleGo() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("sync"))))
	ctx, rc := raven.NewContext(context.Background(), client)
	defer func() { _ = client.Close(ctx) }()

	rc.Merge(raven.Tags{"job": "nightly"})
	raven.Go(ctx, func(context.Context) {
		panic("no disk")
	})
	events, err := srv.Wait(ctx, 1)
	fmt.Println(events[0].Exceptions[0].Value, events[0].Tags["job"], err)
	// Output: no disk nightly <nil>
}

func ExampleSetDefault() {
	fmt.Printf("%q\n", raven.CaptureMessage(context.Background(), "nobody listens"))

	raven.SetDefault(must(raven.New("https://public@sentry.example.com/42", raven.WithTransport(printer{}))))
	defer raven.SetDefault(nil)
	fmt.Println(len(raven.CaptureMessage(context.Background(), "heard")))
	// Output:
	// ""
	// POST https://sentry.example.com/api/42/envelope/
	// 32
}

// OutOfStock is an event type of the program.
type OutOfStock struct{ Article int }

// FillEvent implements [raven.EventType].
func (o OutOfStock) FillEvent(ev *raven.Event) {
	ev.Message, ev.Params = "article %d is out of stock", raven.Params{o.Article}
	ev.Level = raven.LevelWarning
	ev.Fingerprint = raven.Fingerprint{"stock", fmt.Sprint(o.Article)}
}

func ExampleCustom() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("sync"))))
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()

	client.Capture(ctx, nil, raven.Custom(OutOfStock{Article: 7}))
	ev := srv.Events()[0]
	fmt.Println(ev.Level, ev.Message, ev.Fingerprint)
	// Output: warning article 7 is out of stock [stock 7]
}
