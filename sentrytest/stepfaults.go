package sentrytest

import (
	"fmt"
	"time"
)

// ResetAfterWrite accepts the request and breaks the connection with a TCP RST when it has sent n bytes of the answer,
// counted from its status line, or all of it if it is shorter. How much of that a client still gets to see after a reset
// is its system's choice.
func ResetAfterWrite(n int) Step { return Step{kind: stepResetWrite, bytes: max(n, 0)} }

// NotHTTP sends a line that is no HTTP instead of an answer, and closes the connection. Over HTTP/2 that line is no frame,
// and every request on the connection ends.
func NotHTTP() Step { return Step{kind: stepNotHTTP} }

// BadChunking accepts the request and sends an answer whose headers are in order, but whose chunked body is not, and
// closes the connection. HTTP/2 has no chunks: there it sends the headers, and then bytes that are no frame. Every request
// on the connection ends.
func BadChunking() Step { return Step{kind: stepBadChunking} }

// WrongLength accepts the request and sends an answer whose Content-Length says n, whatever its body is, and closes the
// connection after the body: with a larger n the body ends too early, with a smaller one bytes are left over. Over HTTP/2
// the connection stays.
func WrongLength(n int) Step { return Step{kind: stepWrongLength, bytes: max(n, 0)} }

// SlowRead reads the body of the request in pieces of at most n bytes, with a pause of d before each, and answers as
// usual. A client notices as soon as its body is larger than what the system buffers, over HTTP/2 a megabyte. An n below
// 1 panics.
func SlowRead(n int, d time.Duration) Step {
	if n < 1 {
		panic(fmt.Sprintf("sentrytest: SlowRead(%d, %s) reads nothing: want at least 1 byte at a time", n, d))
	}
	return Step{kind: stepSlowRead, bytes: n, pace: d}
}

// ResetAfterRead breaks the connection with a TCP RST when it has read n bytes of the request's body, or all of it if
// it is shorter. With 0 it has read the headers alone; see [ResetConn] for less, and [Reset] for all. Over HTTP/2 every
// request on the connection ends.
func ResetAfterRead(n int) Step { return Step{kind: stepResetRead, bytes: max(n, 0)} }

// SlowAccept lets a new connection wait for d before anything of it is read, its TLS handshake included.
//
// It is a step for connections, as is [ResetConn]: the next new connection takes it, and until then requests on open ones
// are answered as if the script ended there. A client that keeps its connection alive opens a new one only when it has to.
func SlowAccept(d time.Duration) Step { return Step{kind: stepSlowAccept, pace: d} }

// ResetConn breaks a new connection with a TCP RST before anything of it is read. The client finds out
// while it connects or when it first reads. No request goes on record. See [SlowAccept] about steps for connections.
func ResetConn() Step { return Step{kind: stepResetConn} }

// ResetStream ends the request instead of answering it, and nothing else: over HTTP/2 it sends RST_STREAM with the code
// INTERNAL_ERROR, and the connection stays. HTTP/1.1 has no streams: there it is [CloseConn].
func ResetStream() Step { return Step{kind: stepResetStream} }

// GoAway accepts the request, answers it, and announces that the connection takes no new requests: over HTTP/2 with a
// GOAWAY frame of the code NO_ERROR, over HTTP/1.1 with Connection: close. Requests under way on the connection are
// answered before it closes. [Step.ThenClose] closes without an announcement.
//
// For another status, set the header: Status(503).Header("Connection", "close") does the same.
func GoAway() Step { return Step{kind: stepGoAway} }

// BlackHole answers nothing on the connection from the moment in which it has read the request, as a network does that
// loses every packet: the connection takes what the client sends, and does not close. Later requests on it do not
// reach the server, and over HTTP/2 requests under way get no answer and pings none either. The request ends when the
// client closes the connection or the server closes.
func BlackHole() Step { return Step{kind: stepBlackHole} }

// stage is a point in the life of a request at which a step can take effect. A step is taken at its stage and not before,
// because only then is it known that the client has come that far.
type stage int

const (
	stageAnswer stage = iota // the request is known
	stageRead                // its headers are known
	stageConn                // nothing is known
)

func (s Step) stage() stage {
	switch {
	case s.kind >= stepSlowAccept:
		return stageConn
	case s.kind >= stepSlowRead:
		return stageRead
	}
	return stageAnswer
}
