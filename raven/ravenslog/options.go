package ravenslog

import (
	"log/slog"
	"slices"
)

// LevelFatal is the level from which events are fatal. log/slog has no name
// for it.
const LevelFatal = slog.LevelError + 4

// Option sets up a [Handler].
type Option func(*config)

type config struct {
	event, breadcrumb slog.Level
	logger            string
	stack             bool
	tags              []string
}

func (c *config) lowest() slog.Level { return min(c.event, c.breadcrumb) }

// WithEventLevel makes events of the records from this level up, in place of
// [slog.LevelError].
func WithEventLevel(level slog.Level) Option {
	return func(c *config) { c.event = level }
}

// WithBreadcrumbLevel makes breadcrumbs of the records from this level up to
// those that are events, in place of [slog.LevelInfo].
func WithBreadcrumbLevel(level slog.Level) Option {
	return func(c *config) { c.breadcrumb = level }
}

// WithLogger names the logger in events, and in breadcrumbs as their category.
func WithLogger(name string) Option {
	return func(c *config) { c.logger = name }
}

// WithStack records the stack with events that are about no error, too.
func WithStack() Option {
	return func(c *config) { c.stack = true }
}

// WithTags makes tags, by which Sentry indexes, of the attributes with these
// keys that are in no group. All others are extra data.
func WithTags(keys ...string) Option {
	keys = slices.Clone(keys)
	return func(c *config) { c.tags = append(c.tags, keys...) }
}
