package raven_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// printer is a transport that shows what would be sent.
type printer struct{}

func (printer) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	fmt.Println("POST", p.URL)
	return &transport.Response{Status: 200, EventID: strings.Repeat("ab", 16)}, nil
}

func (printer) Close(context.Context) error { return nil }

func Example() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer func() { _ = client.Close(ctx) }()

	id := client.CaptureMessage(ctx, "disk %d%% full", raven.Params{93}, raven.LevelWarning, raven.Tags{"host": "a"})
	fmt.Println(len(id), "digits")
	// Output:
	// POST https://sentry.example.com/api/42/envelope/
	// 32 digits
}

func ExampleNew() {
	_, err := raven.New("ftp://public@sentry.example.com/42")
	fmt.Println(err)

	_ = os.Unsetenv("SENTRY_DSN")
	client, err := raven.New("")
	fmt.Println(client.Enabled(), err)
	// Output:
	// transport: invalid DSN: the scheme "ftp" does not end in http or https; use http, https, or a transport's name and one of them, as in sync+https
	// false <nil>
}

func ExampleClient_CaptureException() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	failure := fmt.Errorf("import users: %w", errors.New("connection refused"))
	id := client.CaptureException(ctx, failure, raven.Extra{"job": 7}, raven.User{ID: "42"})
	fmt.Println(id == client.LastEventID())
	// Output:
	// POST https://sentry.example.com/api/42/envelope/
	// true
}

func ExampleClient_Deliver() {
	client, err := raven.New("https://public@sentry.example.com/42", raven.WithTransport(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	id, err := client.Deliver(context.Background(), &raven.Event{Message: "is anybody there?"})
	fmt.Println(id, err)
	// Output:
	// POST https://sentry.example.com/api/42/envelope/
	// abababababababababababababababab <nil>
}

func ExampleDiscard() {
	report := func(r raven.Reporter) {
		r.CaptureMessage(context.Background(), "nobody will know")
	}
	report(raven.Discard)
	fmt.Println("reported to nobody")
	// Output: reported to nobody
}

func ExampleWithTransport() {
	// The explicit transport wins over the one that the scheme names.
	client, err := raven.New("sync+https://public@sentry.example.com/42?timeout=2", raven.WithTransport(printer{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	client.CaptureMessage(context.Background(), "hello")
	// Output: POST https://sentry.example.com/api/42/envelope/
}
