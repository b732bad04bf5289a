package ravenzerolog_test

import (
	"context"
	"testing"

	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/internal/adaptertest"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
)

func TestAdapter(t *testing.T) {
	adaptertest.Run(t, adaptertest.Adapter[zerolog.Level, ravenzerolog.Option]{
		New: func(client *raven.Client, opts ...ravenzerolog.Option) adaptertest.Call[zerolog.Level] {
			w := ravenzerolog.NewWriter(client, opts...)
			return func(ctx context.Context, level zerolog.Level, message string, err func() error, fields map[string]any) {
				logger := zerolog.New(w.WithContext(ctx))
				logger.WithLevel(level).Err(err()).Fields(fields).Msg(message)
			}
		},
		WithEventLevel: ravenzerolog.WithEventLevel, WithBreadcrumbLevel: ravenzerolog.WithBreadcrumbLevel,
		WithLogger: ravenzerolog.WithLogger, WithStack: ravenzerolog.WithStack, WithTags: ravenzerolog.WithTags,
		Levels: [5]zerolog.Level{zerolog.DebugLevel, zerolog.InfoLevel, zerolog.WarnLevel, zerolog.ErrorLevel, zerolog.FatalLevel},
		JSON:   true,
	})
}
