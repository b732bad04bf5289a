// Package reactortransport delivers through a reactor: all callbacks run on one
// goroutine. Importing it registers
//
//	reactor+http, reactor+https
//	twisted+http, twisted+https      its name in Raven for Python
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
// all callbacks run on one goroutine, one at a time, so they can share data
// without locks. The goroutine starts with the first callback and ends with
// Close. A callback should be quick, because it delays the others; deliveries
// continue meanwhile. It may send. A panic in a callback is logged. If a
// callback ends its goroutine, a new goroutine takes over.
//
// Connections are net/http's and are kept from packet to packet. Events are
// held through an outage, as [transport.Holder] says.
//
// # Options
//
// The options of every transport (timeout, verify_ssl, ca_certs, client_cert,
// client_key, compression, proxy, keepalive, max_conns, http2), and those of
// threaded+. If workers is greater than max_conns, max_conns counts.
//
// # At shutdown
//
// Close does the same as [transport.Threaded.Close]. If a callback does not
// return within 100 ms after Close has given up, those behind it run in
// goroutines of their own. Packets that are sent after Close are refused in the
// caller.
//
// # Differences from Raven for Python
//
// In Raven for Python's twisted transport only status 200 is a success, and any
// number of events may wait; here every 2xx is a success, and the queue has a
// limit.
//
// The reactor does not poll. Go's event-driven network libraries have their own
// TLS, or none, so the errors of certificates would not be those of
// crypto/x509. net/http's goroutines wait in the runtime's poller, which uses
// epoll or kqueue as well.
package reactortransport
