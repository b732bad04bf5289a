// Command ravenkit is the scenario for the client of this repository. It
// reports to SENTRY_DSN.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/ravenkit/ravenkit/raven"
)

func inner() error { return errors.New("inner failure") }

func outer() error { return fmt.Errorf("outer failure: %w", inner()) }

func main() {
	client, err := raven.New("",
		raven.WithRelease("interop@1.2.3"),
		raven.WithEnvironment("interop"),
		raven.WithServerName("scenario"),
	)
	if err != nil {
		log.Fatal(err)
	}
	ctx, rc := raven.NewContext(context.Background(), client)
	rc.Merge(raven.User{ID: "42", Email: "ada@example.com"}, raven.Tags{"shard": "7"})
	raven.Record(ctx, raven.Breadcrumb{
		Category: "auth", Message: "signed in", Level: raven.LevelInfo, Data: map[string]any{"method": "key"},
	})
	client.CaptureException(ctx, outer())
	client.CaptureMessage(ctx, "scenario message", raven.LevelWarning)
	if err := client.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
}
