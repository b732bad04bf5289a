// Package restytransport delivers with [github.com/go-resty/resty/v2], in the
// caller or through a queue. Importing it registers
//
//	resty+http(s)                 in the caller
//	requests+http(s)              its name in Raven for Python
//	threaded+resty+http(s)        through a queue, by workers
//	threaded+requests+http(s)
//
// in [transport.DefaultRegistry]:
//
//	import _ "github.com/ravenkit/ravenkit/transport/restytransport"
//
//	client, err := raven.New("threaded+resty+https://KEY@HOST/PROJECT")
//
// # A client of your own
//
// A program that has a *resty.Client, with middleware, tracing or a proxy,
// gives it to [New], or gives the result of [NewDriver] to raven.WithDriver.
// Events then pass through its middleware like any request of the program. They
// get its headers, cookies, credentials and query parameters, unless the event
// has its own, and its timeout in addition to the transport's. These do not
// apply:
//
//   - Its retries: it would repeat requests that the server refused, and delay
//     the capture. [transport.Retryable] says which errors may be retried.
//   - Its redirect policy: a redirect of an event is an error. resty's clients
//     can't be copied together with their http.Client, so its CheckRedirect is
//     wrapped in a function that refuses the redirects of events and passes on
//     all others. Set a policy before you hand over the client. If it is set
//     later, events follow redirects; that is an error, too, but only
//     afterwards.
//   - Its form data, which would be sent in place of the event.
//
// Close does not close the client. The options about connections (verify_ssl,
// ca_certs, client_cert, client_key, proxy, keepalive, max_conns) are refused
// together with a client, because the client decides them.
//
// # Options
//
// The options of every transport; with a queue also queue_size, queue_bytes,
// overflow, workers and shutdown_timeout, as in [transport.ThreadedConfig].
//
// # Differences from Raven for Python
//
// In Raven for Python's requests transport every answer is a success. Here an
// error status is an error, as with every other transport. resty's log goes to
// Config.Logger, not to stderr.
package restytransport
