// Command webapp is a small shop that reports its errors: a tutorial to read
// from main down.
//
//	go run ./docs/examples/webapp
//	curl -d card=4242 http://127.0.0.1:8080/orders/17/pay
//	curl http://127.0.0.1:8080/panic
//
// Without SENTRY_DSN it prints its events instead of sending them. Its test,
// main_test.go, runs it with a fake Sentry and checks whole events.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "webapp:", err)
		stop()
		os.Exit(1)
	}
}

// show is the DSN if SENTRY_DSN is not set: it prints events to read.
const show = "stderr+http://key@localhost/1"

func run(ctx context.Context, args []string, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}

	// The client is made first and closed last: errors during the shutdown are
	// reported, too, and Close delivers the waiting events.
	client, err := raven.New(cmp.Or(os.Getenv("SENTRY_DSN"), show), raven.WithRelease("webapp@1.0"))
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, client.Close(closing))
	}()

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	logger := newLogger(client, stderr)
	logger.Info("listening", "url", "http://"+listener.Addr().String())
	return serve(ctx, listener, newShop(client, logger).handler())
}

// newLogger logs as before. Logged errors also become events, and earlier log
// records their breadcrumbs.
func newLogger(client *raven.Client, out io.Writer) *slog.Logger {
	return slog.New(ravenslog.NewHandler(client, slog.NewTextHandler(out, nil), ravenslog.WithLogger("shop")))
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return server.Shutdown(closing)
	}
}
