package ravenslog_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/ravenkit/ravenkit/internal/adaptertest"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
)

func TestAdapter(t *testing.T) {
	adaptertest.Run(t, adaptertest.Adapter[slog.Level, ravenslog.Option]{
		New: func(client *raven.Client, opts ...ravenslog.Option) adaptertest.Call[slog.Level] {
			logger := slog.New(ravenslog.NewHandler(client, nil, opts...))
			return func(ctx context.Context, level slog.Level, message string, err func() error, fields map[string]any) {
				var attrs []slog.Attr
				if err := err(); err != nil {
					attrs = append(attrs, slog.Any("err", err))
				}
				for key, v := range fields {
					attrs = append(attrs, slog.Any(key, v))
				}
				logger.LogAttrs(ctx, level, message, attrs...)
			}
		},
		WithEventLevel: ravenslog.WithEventLevel, WithBreadcrumbLevel: ravenslog.WithBreadcrumbLevel,
		WithLogger: ravenslog.WithLogger, WithStack: ravenslog.WithStack, WithTags: ravenslog.WithTags,
		Levels: [5]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, ravenslog.LevelFatal},
	})
}
