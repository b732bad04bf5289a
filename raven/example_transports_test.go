package raven_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// mustServe starts a fake Sentry for an example.
func mustServe() *sentrytest.Server {
	srv, err := sentrytest.Start()
	if err != nil {
		panic(err)
	}
	return srv
}

// must returns a client for an example.
func must(client *raven.Client, err error) *raven.Client {
	if err != nil {
		panic(err)
	}
	return client
}

// Many goroutines report errors; pool+ gives each event a goroutine of its
// own, and lets captures wait when a hundred are outstanding. Its name in Raven
// for Python, gevent, is accepted too.
func Example_pool() {
	srv := mustServe()
	defer srv.Close()
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme("gevent"), sentrytest.DSNParam("pool_size", "20"))))
	ctx := context.Background()

	var workers sync.WaitGroup
	for i := range 10 {
		workers.Go(func() {
			client.CaptureException(ctx, fmt.Errorf("worker %d: %w", i, errors.New("risky operation failed")))
		})
	}
	workers.Wait()
	fmt.Println(client.Close(ctx), len(srv.Events()))
	// Output: <nil> 10
}

// A program with one goroutine, such as a GUI or a game, gives the transport
// its loop. All callbacks run on it, so the counter needs no lock.
func Example_loop() {
	srv := mustServe()
	defer srv.Close()
	ctx, quit := context.WithCancel(context.Background())
	loop := transport.NewLoop() // or an adapter of the program's loop: one method, Post

	tr, err := transport.DefaultRegistry().Open(mustDSN(srv.DSN(sentrytest.DSNScheme("loop"))), transport.Env{Loop: loop})
	if err != nil {
		panic(err)
	}
	delivered := 0
	counting := &onLoop{Looped: tr.(*transport.Looped), done: func(error) {
		if delivered++; delivered == 3 {
			quit()
		}
	}}
	client := must(raven.New(srv.DSN(), raven.WithTransport(counting)))

	go func() { // code outside the loop starts it
		for !loop.Post(func() {
			for i := range 3 {
				client.CaptureMessage(ctx, fmt.Sprintf("frame %d dropped", i))
			}
		}) {
		}
	}()
	_ = loop.Run(ctx) // the program's only goroutine from here on
	fmt.Println(delivered, len(srv.Events()))
	// Output: 3 3
}

// onLoop calls the program with each outcome, on the program's loop.
type onLoop struct {
	*transport.Looped
	done func(error)
}

func (t *onLoop) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	t.Looped.SendAsync(ctx, p, func(r *transport.Response, err error) {
		done(r, err)
		t.done(err)
	})
}

func mustDSN(s string) *transport.DSN {
	dsn, err := transport.ParseDSN(s)
	if err != nil {
		panic(err)
	}
	return dsn
}

// The program's own transport replaces that of the scheme https. It repeats
// failed deliveries as often as the DSN's option retries allows.
func Example_customTransport() {
	srv := mustServe()
	defer srv.Close()
	srv.Script(sentrytest.Status(503).Times(2)) // later attempts succeed

	registry := transport.DefaultRegistry().Clone()
	err := registry.Replace(transport.Driver{
		Name:     "retrying",
		Schemes:  []string{"http", "https"},
		Delivery: "in the caller, again and again",
		Blocking: true,
		Options:  transport.OptionSpecs(new(transport.HTTPConfig), new(transport.RetryConfig)),
		Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			var sending transport.HTTPConfig
			var retrying transport.RetryConfig
			if err := transport.DecodeOptions(dsn.Options, &sending, &retrying); err != nil {
				return nil, err
			}
			sending.Apply(env)
			next, err := transport.NewHTTP(sending)
			if err != nil {
				return nil, err
			}
			retrying.InitialInterval = 1 // a nanosecond, so that the example ends soon
			return transport.WithRetry(next, retrying), nil
		},
	})
	if err != nil {
		panic(err)
	}
	client := must(raven.New(srv.DSN(sentrytest.DSNParam("retries", "3")), raven.WithRegistry(registry)))
	ctx := context.Background()
	client.CaptureMessage(ctx, "persistent")
	fmt.Println(len(srv.Requests()), "requests,", len(srv.Events()), "event,", client.Close(ctx))
	// Output: 3 requests, 1 event, <nil>
}

// Without a prefix the platform decides about the transport: transport.Detect
// recognises AWS Lambda, App Engine and Cloud Functions. A program with its own
// rule puts the prefix before the DSN.
func Example_environment() {
	srv := mustServe()
	defer srv.Close()
	prefix := "threaded"
	switch {
	case os.Getenv("RENDERER") != "":
		prefix = "loop"
	case os.Getenv("BATCH") != "":
		prefix = "sync"
	}
	client := must(raven.New(srv.DSN(sentrytest.DSNScheme(prefix))))
	ctx := context.Background()
	client.CaptureMessage(ctx, "hello")
	fmt.Println(prefix, client.Close(ctx), len(srv.Events()))
	// Output: threaded <nil> 1
}

// The first error of a burst is logged. With WithRaiseSendErrors the program
// gets every error, and every capture waits for its outcome, on any transport.
func Example_errorHandling() {
	srv := mustServe()
	defer srv.Close()
	srv.Script(sentrytest.Status(413).Header("X-Sentry-Error", "event too large"))
	client := must(raven.New(srv.DSN(), raven.WithRaiseSendErrors(func(e *raven.SendError) {
		var refused *transport.APIError
		if errors.As(e, &refused) {
			fmt.Println("not delivered:", refused.Status, refused.Message)
		}
	})))
	ctx := context.Background()
	client.CaptureMessage(ctx, "Test message")
	client.CaptureMessage(ctx, "Another")
	fmt.Println(client.Close(ctx), len(srv.Events()))
	// Output:
	// not delivered: 413 event too large
	// <nil> 1
}
