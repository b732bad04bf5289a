package ravenhttp

import (
	"net/http"

	"github.com/ravenkit/ravenkit/raven"
)

// DefaultBodyLimit is how much of a request's body an event has, in bytes. It
// is what Sentry keeps (protocol 5.2).
const DefaultBodyLimit = 8 << 10

// Option sets up a [Middleware].
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
// of [DefaultBodyLimit]; n below 1 leaves bodies out. Only what the handler has
// read is there, and only of forms, JSON, XML and text. Passwords in it are
// masked, as everywhere; what else is private is for you to know.
func WithBodyLimit(n int) Option {
	return func(c *config) { c.bodyLimit = n }
}

// WithCookies adds the request's cookies to events. They are left out by
// default, since a session's cookie is as good as a password.
func WithCookies() Option {
	return func(c *config) { c.cookies = true }
}

// WithUser says who made a request. It is asked when an event is captured, by
// several goroutines at a time, and gets a copy of the request as it came,
// without the body and with the pattern that was matched. A panic in it costs
// the user.
func WithUser(user func(*http.Request) raven.User) Option {
	return func(c *config) { c.user = user }
}

// WithTransaction names what a request does, in place of the pattern that
// http.ServeMux matched: for other routers. It is asked as that of [WithUser]
// is; an empty name is none. After a panic in it the default stands.
func WithTransaction(name func(*http.Request) string) Option {
	return func(c *config) {
		if name != nil {
			c.transaction = name
		}
	}
}
