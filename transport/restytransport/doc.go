// Package restytransport delivers over [github.com/go-resty/resty/v2], in the
// caller or behind a queue. Importing it registers
//
//	resty+http, resty+https                       in the caller
//	requests+http, requests+https                 the reference client's name for it
//	threaded+resty+http, threaded+resty+https     behind a queue, by workers
//	threaded+requests+http, threaded+requests+https
//
// in [transport.DefaultRegistry]:
//
//	import _ "github.com/ravenkit/ravenkit/transport/restytransport"
//
//	client, err := raven.New("threaded+resty+https://KEY@HOST/PROJECT?timeout=2")
//
// # A client of one's own
//
// A program that has a *resty.Client already, with middleware, tracing or a
// proxy, gives it to [New], or to [NewDriver] and the result to
// raven.WithDriver. Events then go through its middleware like any request of
// the program's, with its headers, cookies, credentials and query parameters
// where the event has none, and its timeout beside the transport's. What does
// not apply:
//
//   - Its retries: it would send again what the server does not want again, and
//     hold up the capture meanwhile. [transport.Retryable] knows what may be.
//   - Its redirect policy: a redirect of an event is an error. resty's clients
//     can't be copied together with their http.Client, so its CheckRedirect is
//     put behind a function that refuses the redirects of events and leaves all
//     others to it. Set a policy before the client is handed over; one that is
//     set later makes events follow redirects, which is an error then too, but
//     afterwards.
//   - Its form data, which would be sent in place of the event.
//
// Close leaves it alone; it is the program's. The options that are about
// connections (verify_ssl, ca_certs, client_cert, client_key, proxy, keepalive,
// max_conns) are refused beside it: the client has settled them.
//
// # Options
//
// Those of every transport; behind a queue also queue_size, queue_bytes,
// overflow, workers and shutdown_timeout, which are
// [transport.ThreadedConfig]'s in every respect, at overload and at shutdown
// too.
//
// # What differs
//
// The reference's transport on requests takes every answer for a success. Here
// an error status is an error, as with every other transport. resty's log goes
// to Config.Logger, and not to stderr.
package restytransport
