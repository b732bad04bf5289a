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
// It begins with the first packet and ends with Close. It owns the queue and
// what is in flight; callers, and the I/O goroutines that it sends out, reach
// it by messages only, and never wait for it. Callbacks run on it, one at a
// time, so they may share what they like without locks. A callback should be
// quick, for it holds up the others; it may send. One that panics is logged,
// one that ends its goroutine costs a goroutine and nothing else.
//
// Connections are net/http's, kept from packet to packet.
//
// # Options
//
// Beside those of every transport (timeout, verify_ssl, ca_certs, client_cert,
// client_key, compression, proxy, keepalive, max_conns) there are
//
//	workers           32           how many events may be in flight, max_conns at most
//	queue_size        10000        how many events may wait
//	queue_bytes       67108864     how many bytes may wait, before compression
//	overflow          drop_newest  or drop_oldest, or block
//	shutdown_timeout  10           how long Close delivers what is waiting
//
// # When the queue is full
//
// With drop_newest the event is refused, with drop_oldest the oldest that waits
// is evicted for it; either callback gets an error that wraps
// [transport.ErrQueueFull]. With block the caller waits for room, bounded by
// its context; callbacks don't, for it is the reactor that makes room: theirs
// are refused. While a callback holds the reactor up, drop_oldest lets up to
// twice queue_size wait, and refuses what is beyond.
//
// # At shutdown
//
// Close delivers what is waiting until its context or shutdown_timeout ends,
// then cancels what is in flight; what is left gets [transport.ErrClosed]. If a
// callback holds the reactor up for another 100 ms, those behind it run without
// the reactor, in goroutines of their own. After Close there is no reactor: what
// is sent then is refused in the caller.
//
// # What differs
//
// The reference takes nothing but the status 200 for a success; here every 2xx
// is one, and everything else an error with the code and what the server said.
// The reference has no bound on what waits.
//
// The reactor does no polling of its own. The event-driven network libraries
// of Go bring a TLS of their own, or none, and the errors of certificates would
// not be those of crypto/x509; net/http's goroutines are parked on the
// runtime's poller, which is the same epoll or kqueue below.
package reactortransport
