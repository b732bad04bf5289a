// Command sentrygo is the scenario for sentry-go. It reports to SENTRY_DSN.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/getsentry/sentry-go"
)

func inner() error { return errors.New("inner failure") }

func outer() error { return fmt.Errorf("outer failure: %w", inner()) }

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Release:          "interop@1.2.3",
		Environment:      "interop",
		ServerName:       "scenario",
		AttachStacktrace: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "42", Email: "ada@example.com"})
		scope.SetTag("shard", "7")
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{
		Category: "auth", Message: "signed in", Level: sentry.LevelInfo, Data: map[string]any{"method": "key"},
	})
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.AddAttachment(&sentry.Attachment{Filename: "notes.txt", ContentType: "text/plain", Payload: []byte("hello attachment")})
		sentry.CaptureException(outer())
	})
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetLevel(sentry.LevelWarning)
		sentry.CaptureMessage("scenario message")
	})
	sentry.CaptureCheckIn(&sentry.CheckIn{MonitorSlug: "nightly", Status: sentry.CheckInStatusOK, Duration: 1500 * time.Millisecond}, nil)
	sentry.NewLogger(context.Background()).Info().Emit("scenario log")
	if !sentry.Flush(10 * time.Second) {
		log.Fatal("not everything was delivered in time")
	}
}
