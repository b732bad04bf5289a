package ravenzerolog_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
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

	logger := zerolog.New(zerolog.MultiLevelWriter(os.Stdout, ravenzerolog.NewWriter(client)))
	logger.Info().Int("order", 17).Msg("order placed")
	logger.Error().Err(errors.New("card declined")).Msg("payment failed")

	e := rec.Events()[0]
	fmt.Println(e.Message, "|", e.Exceptions[0].Value, "| after:", e.Breadcrumbs[0].Message)
	// Output:
	// {"level":"info","order":17,"message":"order placed"}
	// {"level":"error","error":"card declined","message":"payment failed"}
	// payment failed | card declined | after: order placed
}
