package ravenhttp

import (
	"net/http"

	"github.com/ravenkit/ravenkit/raven"
)

// DefaultBodyLimit is the size of a request's body in an event, in bytes.
// Sentry keeps as much: its ingestion trims request.data to 8 KiB.
const DefaultBodyLimit = 8 << 10

// Option configures a [Middleware].
type Option func(*config)

type config struct {
	bodyLimit   int
	cookies     bool
	user        func(*http.Request) raven.User
	transaction func(*http.Request) string // nil: the route
}

func newConfig(opts []Option) *config {
	c := &config{bodyLimit: DefaultBodyLimit}
	for _, o := range opts {
		if o != nil {
			o(c)
		}
	}
	return c
}

// WithBodyLimit adds the first n bytes of a request's body to events, in place
// of [DefaultBodyLimit]; n below 1 omits bodies. Events have only the part that
// the handler has read, and only of forms, JSON, XML and text. Passwords are
// masked as everywhere; omit bodies with other private data.
func WithBodyLimit(n int) Option {
	return func(c *config) { c.bodyLimit = n }
}

// WithCookies adds the request's cookies to events. They are omitted by
// default, because a session's cookie gives access like a password.
func WithCookies() Option {
	return func(c *config) { c.cookies = true }
}

// WithUser sets the user of a request. The function is called when an event is
// captured, possibly concurrently. It gets a copy of the request as it arrived,
// without the body and with the matched pattern. If it panics, the event has no
// user.
func WithUser(user func(*http.Request) raven.User) Option {
	return func(c *config) { c.user = user }
}

// WithTransaction sets the transaction in place of the pattern that
// http.ServeMux matched, for other routers. The function is called like that of
// [WithUser]; an empty name means none. If it panics, the default is used.
func WithTransaction(name func(*http.Request) string) Option {
	return func(c *config) {
		if name != nil {
			c.transaction = name
		}
	}
}
