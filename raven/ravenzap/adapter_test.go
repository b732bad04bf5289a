package ravenzap_test

import (
	"context"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/internal/adaptertest"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
)

func TestAdapter(t *testing.T) {
	for name, opts := range map[string][]zap.Option{"without the caller": nil, "with the caller": {zap.AddCaller()}} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, adaptertest.Adapter[zapcore.Level, ravenzap.Option]{
				New: func(client *raven.Client, settings ...ravenzap.Option) adaptertest.Call[zapcore.Level] {
					logger := zap.New(ravenzap.NewCore(client, settings...), opts...)
					return func(ctx context.Context, level zapcore.Level, message string, err func() error, data map[string]any) {
						fields := []zap.Field{ravenzap.Context(ctx), zap.Error(err())}
						for key, v := range data {
							fields = append(fields, zap.Any(key, v))
						}
						logger.Log(level, message, fields...)
					}
				},
				WithEventLevel: ravenzap.WithEventLevel, WithBreadcrumbLevel: ravenzap.WithBreadcrumbLevel,
				WithLogger: ravenzap.WithLogger, WithStack: ravenzap.WithStack, WithTags: ravenzap.WithTags,
				Levels: [5]zapcore.Level{zapcore.DebugLevel, zapcore.InfoLevel, zapcore.WarnLevel, zapcore.ErrorLevel, zapcore.DPanicLevel},
			})
		})
	}
}
