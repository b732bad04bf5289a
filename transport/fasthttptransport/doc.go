// Package fasthttptransport delivers with [github.com/valyala/fasthttp],
// through a queue that drops the oldest event when it is full. Importing it
// registers
//
//	fasthttp+http, fasthttp+https
//	aiohttp+http, aiohttp+https      its name in Raven for Python
//
// in [transport.DefaultRegistry]:
//
//	import _ "github.com/ravenkit/ravenkit/transport/fasthttptransport"
//
//	client, err := raven.New("fasthttp+https://KEY@HOST/PROJECT?workers=4")
//
// [New] makes one without a DSN.
//
// # Options
//
// The options of every transport (timeout, verify_ssl, ca_certs, client_cert,
// client_key, compression, proxy, keepalive, max_conns), and
//
//	workers           1            how many goroutines deliver
//	qsize             1000         how many events may wait; also queue_size
//	queue_bytes       67108864     how many bytes may wait
//	overflow          drop_oldest  or drop_newest, or block
//	shutdown_timeout  10           how long Close delivers from the queue
//
// With keepalive=0 every event has a connection of its own.
//
// # When the queue is full
//
// The oldest waiting event is evicted, and its callback gets an error that
// wraps [transport.ErrQueueFull]. So in a burst of errors the last ones are
// kept.
//
// # At shutdown
//
// Close delivers the waiting events until its context or shutdown_timeout ends,
// then closes the connections. Events that are left get [transport.ErrClosed].
// When Close returns, no goroutine runs and no connection is open. Close may be
// called again. Events that are sent after it get ErrClosed.
//
// # Differences from Raven for Python
//
// The queue of Raven for Python's aiohttp transport evicts events at shutdown
// to make room for its own end mark; here a full queue is delivered like any
// other. There only status 200 is a success; here every 2xx is one.
//
// fasthttp's Client has deadlines but can't be cancelled. It dials and cleans
// up in goroutines that can't be ended, and hides errors before the first byte
// of an answer. So this package uses only fasthttp's connection pool, encoder
// and parser. The standard library dials and does TLS, so that contexts end
// both, and errors are those of net, crypto/tls and crypto/x509.
//
// Env.HTTPClient is for transports on net/http and is not used here.
package fasthttptransport
