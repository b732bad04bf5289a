package raven_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// The type of an error of errors.New is the function that it comes from. The
// event has the source lines around the capture.
func ExampleWithSourceContext() {
	srv, err := sentrytest.Start()
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	ctx := context.Background()
	client, err := raven.New(srv.DSN(sentrytest.DSNScheme("sync")), raven.WithSourceContext(1, 0))
	if err != nil {
		panic(err)
	}
	defer client.Close(ctx)

	client.CaptureException(ctx, errors.New("the card was refused"))

	x := srv.Events()[0].Exceptions[0]
	fmt.Println(x.Type+":", x.Value)
	frame := x.Stacktrace.Frames[len(x.Stacktrace.Frames)-1]
	fmt.Println(frame.Function, frame.ContextLine)
	// Output:
	// raven_test.ExampleWithSourceContext: the card was refused
	// ExampleWithSourceContext 	client.CaptureException(ctx, errors.New("the card was refused"))
}
