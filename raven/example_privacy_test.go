package raven_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// extraPrinter is a transport that shows the extra data of what would be sent.
type extraPrinter struct{ printer }

func (extraPrinter) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	var event struct{ Extra json.RawMessage }
	if err := json.Unmarshal([]byte(strings.Split(string(p.Body), "\n")[2]), &event); err != nil {
		return nil, err
	}
	fmt.Println(string(event.Extra))
	return &transport.Response{Status: 200}, nil
}

func ExampleWithProcessors() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(extraPrinter{}),
		raven.WithProcessors(raven.SanitizeKeys("iban"), raven.RemovePostData()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()
	client.CaptureMessage(ctx, "transfer failed", raven.Extra{
		"DebtorIBAN": "DE02 1203 0000 0000 2020 51",
		"db":         "postgres://shop:hunter2@db/shop",
		"form":       "amount=12&password=hunter2",
		"amount":     12,
	})
	// Output:
	// {"DebtorIBAN":"********","amount":12,"db":"postgres://shop:********@db/shop","form":"amount=12&password=********"}
}

func ExampleWithBeforeSend() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(extraPrinter{}),
		raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
			if ev.Logger == "healthcheck" {
				return nil
			}
			ev.Extra["frames"] = len(ev.Exceptions[0].Stacktrace.Frames) > 0
			return ev
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()
	fmt.Printf("%q\n", client.CaptureMessage(ctx, "slow", raven.Logger("healthcheck")))
	client.CaptureException(ctx, context.DeadlineExceeded, raven.Extra{"attempt": 3})
	// Output:
	// ""
	// {"attempt":3,"frames":true}
}

func ExampleLimits() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(extraPrinter{}),
		raven.WithLimits(raven.Limits{StringLength: 10, ListLength: 3}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()
	client.CaptureMessage(ctx, "shortened", raven.Extra{"text": "a long, long text", "list": []int{1, 2, 3, 4}})
	// Output:
	// {"list":[1,2,3],"text":"a long, lo"}
}
