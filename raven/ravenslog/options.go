package ravenslog

import (
	"log/slog"

	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// LevelFatal is the level from which events are fatal. log/slog has no fatal
// level.
const LevelFatal = slog.LevelError + 4

var levels = logrecord.Levels{
	Info: int(slog.LevelInfo), Warn: int(slog.LevelWarn), Error: int(slog.LevelError), Fatal: int(LevelFatal),
}

type adapter struct{ logrecord.Adapter }

// Option configures a [Handler].
type Option func(*adapter)

// WithEventLevel sets the level from which records become events. The default
// is [slog.LevelError].
func WithEventLevel(level slog.Level) Option { return func(a *adapter) { a.Event = int(level) } }

// WithBreadcrumbLevel sets the level from which records become breadcrumbs,
// unless they become events. The default is [slog.LevelInfo].
func WithBreadcrumbLevel(level slog.Level) Option {
	return func(a *adapter) { a.Breadcrumb = int(level) }
}

// WithLogger sets the logger's name in events and the category of breadcrumbs.
func WithLogger(name string) Option { return func(a *adapter) { a.Logger = name } }

// WithStack adds the stack of the call to events without an error.
func WithStack() Option { return func(a *adapter) { a.Stack = true } }

// WithTags makes tags of an event's attributes with these keys, unless they are
// in a group. Sentry indexes tags. Other attributes are extra data.
func WithTags(keys ...string) Option {
	return func(a *adapter) { a.Tags = append(a.Tags, keys...) }
}
