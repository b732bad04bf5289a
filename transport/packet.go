package transport

import "net/http"

// Packet is one encoded event for a transport. A transport must not change a
// packet, nor keep it after the callback. The sender must not change it after
// handing it over, so that many goroutines may read it.
type Packet struct {
	// URL is the absolute endpoint, for example
	// https://host/prefix/api/42/envelope/.
	URL string
	// Header is sent as it is. The transport compresses Body and adds
	// Content-Encoding.
	Header http.Header
	// Body is an envelope or a JSON event, uncompressed.
	Body []byte
	// EventID identifies the event in callbacks, errors and logs.
	EventID string
	// Category is the rate-limit category, "error" for events; "" means
	// "error".
	Category string
}

// CategoryInternal is the category of packets about the client itself, such as
// client reports. A [Holder] does not hold them, because a later one has the
// same content.
const CategoryInternal = "internal"

// Response is the server's answer to a packet that it accepted.
type Response struct {
	// Status is the HTTP status, 2xx. It is 0 for transports without a server
	// (stderr+…, file+…).
	Status int
	// EventID is the id in the answer: 32 hexadecimal digits, or "" if there is
	// none.
	EventID string
	// RateLimits are the limits in the answer.
	RateLimits RateLimits
	// Proto is the protocol, "HTTP/1.1" or "HTTP/2.0"; "" is unknown.
	Proto string
}
