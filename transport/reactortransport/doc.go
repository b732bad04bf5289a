// Package reactortransport delivers by way of a reactor: one goroutine that
// decides what is sent when, and runs every callback. Importing it registers
//
//	reactor+http, reactor+https
//	twisted+http, twisted+https      the reference client's name for it
//
// in [transport.DefaultRegistry]:
//
//	import _ "github.com/ravenkit/ravenkit/transport/reactortransport"
//
//	client, err := raven.New("reactor+https://KEY@HOST/PROJECT?workers=8")
//
// [New] makes one without a DSN.
//
// # The reactor
//
// It is the queue and the workers of [transport.Threaded], with one difference:
// all callbacks run on one goroutine, one at a time, so they may share what
// they like without locks. The goroutine begins with the first callback and
// ends with Close. A callback should be quick, because it delays the others;
// deliveries go on meanwhile. It may send. A panic in one is logged. One that
// ends its goroutine is followed by a new goroutine.
//
// Connections are net/http's, kept from packet to packet. An outage is waited
// out, as [transport.Holder] says.
//
// # Options
//
// Beside those of every transport (timeout, verify_ssl, ca_certs, client_cert,
// client_key, compression, proxy, keepalive, max_conns, http2) there are those
// of threaded+. A number of workers above max_conns counts as max_conns.
//
// # At shutdown
//
// Close does what [transport.Threaded.Close] does. If a callback does not
// return within 100 ms after Close has given up, those behind it run in
// goroutines of their own. What is sent after Close is refused in the caller.
//
// # What differs
//
// The reference client, Raven for Python, takes only the status 200 for a
// success; here every 2xx is one. It has no bound on what waits.
//
// The reactor does no polling of its own. The event-driven network libraries of
// Go bring a TLS of their own, or none, and the errors of certificates would
// not be those of crypto/x509; net/http's goroutines are parked on the
// runtime's poller, which is the same epoll or kqueue below.
package reactortransport
