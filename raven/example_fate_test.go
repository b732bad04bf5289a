package raven_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

const anyDSN = "https://public@sentry.example.com/42"

// refusing is a transport whose server no longer has the project.
func refusing() *transporttest.Recorder {
	rec := transporttest.NewRecorder()
	rec.Fail(&transport.APIError{Status: 403, Message: "project is gone"})
	return rec
}

func ExampleWithIgnore() {
	rec := transporttest.NewRecorder()
	client, err := raven.New(anyDSN, raven.WithTransport(rec),
		raven.WithIgnore(raven.Is(fs.ErrNotExist), raven.As[net.Error](), raven.Named("driver.*")))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	_, err = os.Open("/no/such/file")
	client.CaptureException(ctx, err)                                  // ignored: it wraps fs.ErrNotExist
	client.CaptureException(ctx, context.Canceled)                     // ignored by default
	client.CaptureException(ctx, errors.Join(err, errors.New("news"))) // not ignored: one of them is news
	fmt.Println(len(rec.Packets()), "sent,", client.Stats().Ignored, "ignored")
	// Output: 1 sent, 2 ignored
}

func ExampleThrottle() {
	rec := transporttest.NewRecorder()
	client, err := raven.New(anyDSN, raven.WithTransport(rec), raven.Throttle(3, time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 1000 {
		client.CaptureMessage(context.Background(), "shard %d is slow", raven.Params{i})
	}
	stats := client.Stats()
	fmt.Println(stats.Delivered, "delivered,", stats.Throttled, "throttled")
	// Output: 3 delivered, 997 throttled
}

func ExampleClient_Ledger() {
	client, err := raven.New(anyDSN, raven.WithTransport(refusing()), raven.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	refused := client.CaptureMessage(ctx, "disk full")
	sampled := client.CaptureMessage(ctx, "disk full", raven.SampleRate(0))

	outcomes, forgotten := client.Ledger()
	fmt.Println(outcomes[refused])
	fmt.Println(outcomes[sampled])
	fmt.Println(forgotten, "forgotten")
	fmt.Println(client.Flush(ctx))
	// Output:
	// rejected: 403 project is gone
	// sampled
	// 0 forgotten
	// raven: events lost since the last Flush: 1 (rejected 1)
}

func ExampleWithOnOutcome() {
	client, err := raven.New(anyDSN, raven.WithTransport(refusing()), raven.WithLogger(slog.New(slog.DiscardHandler)),
		raven.WithOnOutcome(func(o raven.Outcome) {
			if o.Kind.Lost() {
				fmt.Println("lost,", o)
			}
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	client.CaptureMessage(context.Background(), "disk full")
	fmt.Println(client.State().Status)
	// Output:
	// lost, rejected: 403 project is gone
	// error
}

func ExampleDroppedError() {
	client, err := raven.New(anyDSN, raven.WithTransport(transporttest.NewRecorder()), raven.WithSampleRate(0))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Deliver(context.Background(), &raven.Event{Message: "disk full"})
	var dropped *raven.DroppedError
	fmt.Println(errors.As(err, &dropped) && dropped.Outcome.Kind == raven.OutcomeSampled)
	// Output: true
}
