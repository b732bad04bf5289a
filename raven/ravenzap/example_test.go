package ravenzap_test

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
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

	logger := zap.NewExample(zap.AddCaller(), zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewTee(core, ravenzap.NewCore(client))
	}))
	logger.Info("order placed", zap.Int("order", 17))
	logger.Error("payment failed", zap.Error(errors.New("card declined")), ravenzap.Apply(raven.Tags{"shop": "lyon"}))

	e := rec.Events()[0]
	fmt.Println(e.Message, "|", e.Exceptions[0].Value, "|", e.Tags["shop"], "| after:", e.Breadcrumbs[0].Message)
	// Output:
	// {"level":"info","msg":"order placed","order":17}
	// {"level":"error","msg":"payment failed","error":"card declined"}
	// payment failed | card declined | lyon | after: order placed
}
