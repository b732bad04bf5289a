package ravenzerolog

import (
	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

var levels = logrecord.Levels{
	Info: int(zerolog.InfoLevel), Warn: int(zerolog.WarnLevel), Error: int(zerolog.ErrorLevel), Fatal: int(zerolog.FatalLevel), Ends: true,
}

type adapter struct{ logrecord.Adapter }

// Option configures a [Writer].
type Option func(*adapter)

// WithEventLevel sets the level from which records become events. The default
// is [zerolog.ErrorLevel].
func WithEventLevel(level zerolog.Level) Option { return func(a *adapter) { a.Event = int(level) } }

// WithBreadcrumbLevel sets the level from which records become breadcrumbs,
// unless they become events. The default is [zerolog.InfoLevel].
func WithBreadcrumbLevel(level zerolog.Level) Option {
	return func(a *adapter) { a.Breadcrumb = int(level) }
}

// WithLogger sets the logger's name in events and the category of breadcrumbs.
func WithLogger(name string) Option { return func(a *adapter) { a.Logger = name } }

// WithStack adds the stack of the call to events without an error.
func WithStack() Option { return func(a *adapter) { a.Stack = true } }

// WithTags makes tags of an event's fields with these keys. Sentry indexes
// tags. Other fields are extra data.
func WithTags(keys ...string) Option {
	return func(a *adapter) { a.Tags = append(a.Tags, keys...) }
}
