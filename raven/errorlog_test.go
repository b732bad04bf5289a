package raven_test

import (
	"bytes"
	"log/slog"

	"github.com/ravenkit/ravenkit/raven"
)

// newLog returns what a client logs, without the time.
func newLog() (*bytes.Buffer, raven.Option) {
	var logs bytes.Buffer
	return &logs, raven.WithLogger(logTo(&logs, slog.LevelInfo))
}

func logTo(b *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}
