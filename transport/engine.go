package transport

import (
	"context"
	"net/http"
)

// Engine carries requests over HTTP: what an [HTTP] leaves to a library. The
// default is net/http; others come in by [HTTPConfig].Engine. An Engine is safe
// for concurrent use.
type Engine interface {
	// Post sends one request and reads the answer in full, or as much of it as
	// counts. Any status is an answer; redirects are not followed. It obeys
	// ctx, whose end is [context.DeadlineExceeded] or [context.Canceled] in the
	// error, and returns TLS errors as crypto/tls and crypto/x509 give them,
	// wrapped if need be. A request that died on a kept connection before any
	// answer is sent once more on a fresh one: the client of
	// [HTTPConfig.NewClient] does that with a request that is [Replayable] and
	// has a GetBody. The engine changes nothing in the request, and keeps
	// nothing of it.
	Post(ctx context.Context, r *Request) (*Reply, error)
	// Close closes every connection. No Post is under way then.
	Close()
}

// Request is a packet in the form in which it goes over the wire.
type Request struct {
	URL      string
	Header   http.Header // the packet's, without Content-Encoding
	Encoding string      // of the body, for Content-Encoding; "" is none
	Body     []byte      // encoded
}

// Reply is a server's answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // the first [MaxReply] bytes
	Proto  string // what was spoken, "HTTP/1.1" or "HTTP/2.0"; "" is not known
}

// MaxReply is how much of an answer's body is looked at, in bytes.
const MaxReply = 16 << 10
