package ravenzap

import (
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

var levels = logrecord.Levels{
	Info: int(zapcore.InfoLevel), Warn: int(zapcore.WarnLevel), Error: int(zapcore.ErrorLevel), Fatal: int(zapcore.DPanicLevel), Ends: true,
}

type adapter struct{ logrecord.Adapter }

// Option configures a [Core].
type Option func(*adapter)

// WithEventLevel sets the level from which entries become events. The default
// is [zapcore.ErrorLevel].
func WithEventLevel(level zapcore.Level) Option { return func(a *adapter) { a.Event = int(level) } }

// WithBreadcrumbLevel sets the level from which entries become breadcrumbs,
// unless they become events. The default is [zapcore.InfoLevel].
func WithBreadcrumbLevel(level zapcore.Level) Option {
	return func(a *adapter) { a.Breadcrumb = int(level) }
}

// WithLogger sets the logger's name in events and the category of breadcrumbs,
// unless the logger has a name from Named.
func WithLogger(name string) Option { return func(a *adapter) { a.Logger = name } }

// WithStack adds the stack of the call to events without an error.
func WithStack() Option { return func(a *adapter) { a.Stack = true } }

// WithTags makes tags of an event's fields with these keys, unless they are in
// a namespace. Sentry indexes tags. Other fields are extra data.
func WithTags(keys ...string) Option {
	return func(a *adapter) { a.Tags = append(a.Tags, keys...) }
}
