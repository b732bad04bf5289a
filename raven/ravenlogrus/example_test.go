package ravenlogrus_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
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

	logger := logrus.New()
	logger.SetOutput(os.Stdout)
	logger.SetFormatter(&logrus.TextFormatter{DisableTimestamp: true, DisableColors: true})
	logger.AddHook(ravenlogrus.NewHook(client))
	logger.WithField("order", 17).Info("order placed")
	logger.WithError(errors.New("card declined")).Error("payment failed")

	e := rec.Events()[0]
	fmt.Println(e.Message, "|", e.Exceptions[0].Value, "| after:", e.Breadcrumbs[0].Message)
	// Output:
	// level=info msg="order placed" order=17
	// level=error msg="payment failed" error="card declined"
	// payment failed | card declined | after: order placed
}
