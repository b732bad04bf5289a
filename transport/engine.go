package transport

import (
	"context"
	"net/http"
)

// Engine sends the requests of an [HTTP]. The default engine uses net/http;
// [HTTPConfig].Engine sets another. An Engine must be safe for concurrent use.
type Engine interface {
	// Post sends one request and reads the answer, up to [MaxReply] bytes of
	// its body. It returns answers of any status and does not follow redirects.
	// When ctx ends, Post returns an error that wraps
	// [context.DeadlineExceeded] or [context.Canceled]. It returns TLS errors
	// of crypto/tls and crypto/x509, possibly wrapped. If a kept connection
	// dies before any answer, Post sends the request once more on a fresh one.
	// The client of [HTTPConfig.NewClient] does that for a request that is
	// [Replayable] and has a GetBody. Post neither changes nor keeps the
	// request.
	Post(ctx context.Context, r *Request) (*Reply, error)
	// Close closes every connection. It is called when no Post is running.
	Close()
}

// Request is a packet encoded for the wire.
type Request struct {
	URL      string
	Header   http.Header // the packet's, without Content-Encoding
	Encoding string      // the Content-Encoding of the body; "" is none
	Body     []byte      // encoded
}

// Reply is a server's answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // the first [MaxReply] bytes
	Proto  string // the protocol, "HTTP/1.1" or "HTTP/2.0"; "" is unknown
}

// MaxReply is how many bytes of an answer's body are read.
const MaxReply = 16 << 10
