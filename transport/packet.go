package transport

import "net/http"

// Packet is one encoded event on its way to Sentry. A transport neither changes
// a packet nor keeps it once it has called back; the sender changes nothing in
// it after handing it over, so any number of goroutines may read it.
type Packet struct {
	// URL is the absolute endpoint, for example
	// https://host/prefix/api/42/envelope/.
	URL string
	// Header is sent as it stands. Content-Encoding is the transport's
	// business: it compresses Body and says so itself.
	Header http.Header
	// Body is an envelope or a JSON event, uncompressed.
	Body []byte
	// EventID names the event in callbacks, errors and logs.
	EventID string
	// Category is the rate-limit category, "error" for events; empty counts as
	// "error".
	Category string
}

// CategoryInternal is the category of packets that are about the client rather
// than the program, such as client reports. A [Holder] does not hold them: a
// later one says the same.
const CategoryInternal = "internal"

// Response is what the server said to a packet that it took.
type Response struct {
	// Status is the HTTP status, 2xx. It is 0 with transports that have no
	// server to ask (stderr+…, file+…).
	Status int
	// EventID is the id the server gave back: 32 hexadecimal digits, or ""
	// where it gave none.
	EventID string
	// RateLimits are the limits that the server announced beside its answer.
	RateLimits RateLimits
	// Proto is the protocol that was spoken, "HTTP/1.1" or "HTTP/2.0"; "" where
	// that is not known.
	Proto string
}
