package restytransport

import (
	"fmt"
	"log/slog"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// logger is a resty.Logger that logs to log/slog.
type logger struct{ to *slog.Logger }

var _ resty.Logger = logger{}

// Errorf logs an error.
func (l logger) Errorf(format string, v ...any) { l.orDefault().Error(text(format, v)) }

// Warnf logs a warning.
func (l logger) Warnf(format string, v ...any) { l.orDefault().Warn(text(format, v)) }

// Debugf logs a debug message.
func (l logger) Debugf(format string, v ...any) { l.orDefault().Debug(text(format, v)) }

func (l logger) orDefault() *slog.Logger {
	if l.to != nil {
		return guard.Logger(l.to)
	}
	return guard.Logger(slog.Default())
}

func text(format string, v []any) string { return "resty: " + fmt.Sprintf(format, v...) }
