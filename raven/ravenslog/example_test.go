package ravenslog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/transporttest"
)

func Example() {
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@sentry.example.com/1", raven.WithTransport(rec))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(context.Background())

	text := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	logger := slog.New(ravenslog.NewHandler(client, text, ravenslog.WithTags("shop")))

	ctx, _ := raven.NewContext(context.Background(), client)
	logger.InfoContext(ctx, "order placed", "order", 17)
	logger.ErrorContext(ctx, "payment failed", "error", errors.New("card declined"), "shop", "lyon")

	e := rec.Events()[0]
	fmt.Println(e.Message, "|", e.Exceptions[0].Value, "|", e.Tags["shop"], "| after:", e.Breadcrumbs[0].Message)
	// Output:
	// level=INFO msg="order placed" order=17
	// level=ERROR msg="payment failed" error="card declined" shop=lyon
	// payment failed | card declined | lyon | after: order placed
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
