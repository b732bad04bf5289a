package sentrytest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// kind describes one kind of step.
type kind struct {
	text        string // the value of do where a fault is text
	call        string // the function that makes its step
	bytes, pace bool   // the parameters of call
	least       int    // the smallest number of bytes
	stage       stage
	sends       bool // it answers with a status
	byHand      bool // http.Server would refuse its answer
}

type stepKind int

const (
	stepAnswer stepKind = iota
	stepHang
	stepReset
	stepCloseConn
	stepResetStream
	stepGoAway
	stepBlackHole
	stepStallBody
	stepSlowBody
	stepTruncate
	stepResetWrite
	stepNotHTTP
	stepBadChunking
	stepWrongLength
	stepSlowRead
	stepResetRead
	stepSlowAccept
	stepResetConn
)

// kinds has every kind of step. The functions below, the texts of steps and
// faults, and error messages use it.
var kinds = [...]kind{
	stepAnswer:      {text: "answer", call: "OK", sends: true},
	stepHang:        {text: "hang", call: "Hang"},
	stepReset:       {text: "reset", call: "Reset"},
	stepCloseConn:   {text: "close_conn", call: "CloseConn"},
	stepResetStream: {text: "reset_stream", call: "ResetStream"},
	stepGoAway:      {text: "goaway", call: "GoAway", sends: true},
	stepBlackHole:   {text: "black_hole", call: "BlackHole"},
	stepStallBody:   {text: "stall_body", call: "StallBody", sends: true},
	stepSlowBody:    {text: "slow_body", call: "SlowBody", pace: true, sends: true},
	stepTruncate:    {text: "truncate", call: "Truncate", bytes: true, sends: true},
	stepResetWrite:  {text: "reset_after_write", call: "ResetAfterWrite", bytes: true, sends: true, byHand: true},
	stepNotHTTP:     {text: "not_http", call: "NotHTTP", byHand: true},
	stepBadChunking: {text: "bad_chunking", call: "BadChunking", sends: true, byHand: true},
	stepWrongLength: {text: "wrong_length", call: "WrongLength", bytes: true, sends: true, byHand: true},
	stepSlowRead:    {text: "slow_read", call: "SlowRead", bytes: true, pace: true, least: 1, stage: stageRead, sends: true},
	stepResetRead:   {text: "reset_after_read", call: "ResetAfterRead", bytes: true, stage: stageRead},
	stepSlowAccept:  {text: "slow_accept", call: "SlowAccept", pace: true, stage: stageConn},
	stepResetConn:   {text: "reset_conn", call: "ResetConn", stage: stageConn},
}

// stage is a point in the life of a request at which a step can take effect. A
// step is taken at its stage and not before, since the client may not come that
// far.
type stage int

const (
	stageAnswer stage = iota // the request is known
	stageRead                // its headers are known
	stageConn                // nothing is known
)

// String completes "it happens …".
func (s stage) String() string {
	return [...]string{"when the request is known", "before the body is read", "before anything is read"}[s]
}

// kindsWith lists the kinds that meet a condition, in alphabetical order.
func kindsWith(has func(kind) bool) []string {
	var names []string
	for _, k := range kinds {
		if has(k) {
			names = append(names, k.text)
		}
	}
	slices.Sort(names)
	return names
}

// FaultKinds returns the values of the word "do" in the text of a [Fault], in
// alphabetical order. Each is the name of a function that makes a [Step], such
// as "reset_after_read" for [ResetAfterRead], or "answer" for [OK] and
// [Status].
func FaultKinds() []string { return kindsWith(func(kind) bool { return true }) }

// The table of docs/fakesentry.md has the first sentence of each comment below,
// and the one about HTTP/2.

// OK answers as the server does without a script: with 200 and the event's id.
func OK() Step { return Step{} }

// Status answers with the given code, which has to be a final one, from 200 to
// 999; anything else panics. Failures carry the JSON body and the
// X-Sentry-Error header that Sentry sends with such a status.
func Status(code int) Step {
	if code < minFinal || code > maxFinal {
		panic(fmt.Sprintf("sentrytest: Status(%d) is not a final HTTP status", code))
	}
	return Step{status: code}
}

// The final statuses of HTTP.
const minFinal, maxFinal = 200, 999

// isInformational excludes 101, which changes the protocol.
func isInformational(code int) bool {
	return code >= 100 && code <= 199 && code != http.StatusSwitchingProtocols
}

// Redirect answers with the given status, such as 302, and Location.
func Redirect(code int, location string) Step {
	return Status(code).Header("Location", location)
}

// Hang never answers: it holds the request until the client gives up or the
// server closes. Over HTTP/2 the other requests on the connection are answered,
// and so are pings. See [BlackHole].
func Hang() Step { return Step{kind: stepHang} }

// Reset breaks the connection with a TCP RST instead of an answer. Over HTTP/2
// that ends every request on the connection. See [ResetStream].
func Reset() Step { return Step{kind: stepReset} }

// CloseConn closes the connection in good order instead of an answer. Over
// HTTP/2 it sends no GOAWAY, and ends every request on the connection.
//
// A client meets this when it uses a kept-alive connection at the moment in
// which the server closes it. See also [Step.ThenClose] and [GoAway].
func CloseConn() Step { return Step{kind: stepCloseConn} }

// ResetStream ends the request instead of an answer, as [CloseConn] does. Over
// HTTP/2 it sends RST_STREAM with the code INTERNAL_ERROR, and the connection
// stays.
func ResetStream() Step { return Step{kind: stepResetStream} }

// GoAway answers with Connection: close, so that the connection takes no new
// requests. Over HTTP/2 it sends a GOAWAY frame of the code NO_ERROR instead,
// and requests under way on the connection are answered before it closes.
//
// [Step.ThenClose] closes without an announcement. For another status, set the
// header: Status(503).Header("Connection", "close") does the same.
func GoAway() Step { return Step{kind: stepGoAway} }

// BlackHole answers nothing on the connection from the moment in which it has
// read the request, as a network does that loses every packet. Over HTTP/2
// requests under way on the connection get no answer, and pings none either.
//
// The connection takes what the client sends, and does not close. Later
// requests on it do not reach the server. The request ends when the client
// closes the connection or the server closes.
func BlackHole() Step { return Step{kind: stepBlackHole} }

// StallBody sends status and headers of the answer, but no byte of its body
// until the client gives up or the server closes. Over HTTP/2 the other
// requests on the connection are answered.
func StallBody() Step { return Step{kind: stepStallBody} }

// SlowBody sends the body of the answer byte by byte, with a pause of d before
// each. Over HTTP/2 each byte is a DATA frame, and the other requests on the
// connection are answered in between.
func SlowBody(d time.Duration) Step { return Step{kind: stepSlowBody, pace: d} }

// Truncate announces the whole body of the answer, sends its first n bytes and
// closes the connection. Over HTTP/2 it ends the stream with RST_STREAM, and
// the connection stays.
func Truncate(n int) Step { return counted(stepTruncate, n, 0) }

// ResetAfterWrite breaks the connection with a TCP RST when it has sent n bytes
// of the answer, counted from its status line, or all of it if it is shorter.
// Over HTTP/2 every request on the connection ends.
//
// How much of the answer a client sees after a reset depends on its system.
func ResetAfterWrite(n int) Step { return counted(stepResetWrite, n, 0) }

// NotHTTP sends a line that is no HTTP instead of an answer, and closes the
// connection. Over HTTP/2 that line is no frame, and every request on the
// connection ends.
func NotHTTP() Step { return Step{kind: stepNotHTTP} }

// BadChunking sends headers that are in order and a chunked body that is not,
// and closes the connection. Over HTTP/2 it sends bytes that are no frame after
// the headers, and every request on the connection ends.
func BadChunking() Step { return Step{kind: stepBadChunking} }

// WrongLength sends an answer whose Content-Length is n, whatever its body is,
// and closes the connection after the body. Over HTTP/2 the connection stays.
//
// With an n above the length of the body the body ends too early, with one
// below bytes are left over.
func WrongLength(n int) Step { return counted(stepWrongLength, n, 0) }

// SlowRead reads the body of the request in pieces of at most n bytes, with a
// pause of d before each, and answers as usual. Over HTTP/2 a client notices
// when its body is larger than a megabyte.
//
// Over HTTP/1.1 it notices when its body is larger than what the system
// buffers. An n below 1 panics.
func SlowRead(n int, d time.Duration) Step { return counted(stepSlowRead, n, d) }

// ResetAfterRead breaks the connection with a TCP RST when it has read n bytes
// of the request's body, or all of it if it is shorter. Over HTTP/2 every
// request on the connection ends.
//
// With 0 it has read the headers alone. See [ResetConn] for less.
func ResetAfterRead(n int) Step { return counted(stepResetRead, n, 0) }

// SlowAccept lets a new connection wait for d before anything of it is read,
// its TLS handshake included.
//
// It is a step for connections, as is [ResetConn]: the next new connection
// takes it, and until then requests on open ones are answered as if the script
// ended there. A client that keeps its connection alive opens a new one only
// when it has to.
func SlowAccept(d time.Duration) Step { return Step{kind: stepSlowAccept, pace: d} }

// ResetConn breaks a new connection with a TCP RST before anything of it is
// read.
//
// The client finds out while it connects or when it first reads. No request
// goes on record. See [SlowAccept] about steps for connections.
func ResetConn() Step { return Step{kind: stepResetConn} }

// counted makes a step that counts bytes; a negative n counts as 0.
func counted(k stepKind, n int, d time.Duration) Step {
	s := Step{kind: k, bytes: max(n, 0), pace: d}
	if least := kinds[k].least; s.bytes < least {
		panic(fmt.Sprintf("sentrytest: %s counts too few bytes: want at least %d", s, least))
	}
	return s
}
