package ravenlogrus_test

import (
	"context"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/internal/adaptertest"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
)

func TestAdapter(t *testing.T) {
	for name, caller := range map[string]bool{"without the caller": false, "with the caller": true} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, adaptertest.Adapter[logrus.Level, ravenlogrus.Option]{
				New: func(client *raven.Client, opts ...ravenlogrus.Option) adaptertest.Call[logrus.Level] {
					logger := newLogger(ravenlogrus.NewHook(client, opts...))
					logger.SetReportCaller(caller)
					return func(ctx context.Context, level logrus.Level, message string, err func() error, fields map[string]any) {
						entry := logger.WithContext(ctx).WithFields(fields)
						if err := err(); err != nil {
							entry = entry.WithError(err)
						}
						entry.Log(level, message)
					}
				},
				WithEventLevel: ravenlogrus.WithEventLevel, WithBreadcrumbLevel: ravenlogrus.WithBreadcrumbLevel,
				WithLogger: ravenlogrus.WithLogger, WithStack: ravenlogrus.WithStack, WithTags: ravenlogrus.WithTags,
				Levels: [5]logrus.Level{logrus.DebugLevel, logrus.InfoLevel, logrus.WarnLevel, logrus.ErrorLevel, logrus.FatalLevel},
			})
		})
	}
}
