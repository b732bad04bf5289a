// Package fasthttptransport delivers over [github.com/valyala/fasthttp], behind
// a queue that makes room for the newest event. Importing it registers
//
//	fasthttp+http, fasthttp+https
//	aiohttp+http, aiohttp+https      the reference client's name for it
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
// Beside those of every transport (timeout, verify_ssl, ca_certs, client_cert,
// client_key, compression, proxy, keepalive, max_conns) there are
//
//	workers           1            how many goroutines deliver
//	qsize             1000         how many events may wait (queue_size does too)
//	queue_bytes       67108864     how many bytes may wait, before compression
//	overflow          drop_oldest  or drop_newest, or block
//	shutdown_timeout  10           how long Close delivers what is waiting
//
// With keepalive=0 every event has a connection of its own.
//
// # When the queue is full
//
// The oldest event that waits is evicted, and its callback gets an error that
// wraps [transport.ErrQueueFull]: of a storm of errors the last ones are kept.
//
// # At shutdown
//
// Close delivers what is waiting until its context or shutdown_timeout ends,
// then cuts the connections; what is left gets [transport.ErrClosed]. No
// goroutine and no connection outlives it. It may be called again, and what is
// sent after it gets ErrClosed.
//
// # What differs
//
// The reference's queue evicts events at shutdown to make room for its own end
// mark; here a full queue is drained like any other. It takes nothing but the
// status 200 for a success; here every 2xx is one.
//
// fasthttp's Client has deadlines but can't be cancelled, dials and cleans up
// in goroutines that nobody can end, and does not say what went wrong before
// the first byte of an answer. This package uses what lies below it: fasthttp's
// connection pool, its encoder and its parser. Connections are dialled, and TLS
// is spoken, by the standard library, so that contexts end what they should,
// and errors are those of net, crypto/tls and crypto/x509.
//
// Env.HTTPClient is for transports on net/http and is not used here.
package fasthttptransport
