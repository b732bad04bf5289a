package ravenlogrus

import (
	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// The numbers are negative because worse levels of logrus are lower numbers.
var levels = logrecord.Levels{
	Info: -int(logrus.InfoLevel), Warn: -int(logrus.WarnLevel), Error: -int(logrus.ErrorLevel), Fatal: -int(logrus.FatalLevel), Ends: true,
}

type adapter struct{ logrecord.Adapter }

// Option configures a [Hook].
type Option func(*adapter)

// WithEventLevel sets the level from which entries become events. The default
// is [logrus.ErrorLevel].
func WithEventLevel(level logrus.Level) Option { return func(a *adapter) { a.Event = -int(level) } }

// WithBreadcrumbLevel sets the level from which entries become breadcrumbs,
// unless they become events. The default is [logrus.InfoLevel].
func WithBreadcrumbLevel(level logrus.Level) Option {
	return func(a *adapter) { a.Breadcrumb = -int(level) }
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
