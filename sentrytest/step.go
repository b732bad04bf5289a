package sentrytest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Step is one entry of a [Server.Script]: how the server treats one request. Steps are values; the methods
// return changed copies, so a step can be kept and varied. The zero value is [OK].
//
// A step whose status is 200 to 299 accepts the request: it is recorded in [Server.Events] if it is in
// order, and refused as usual if it is not. Every other step records it in [Server.Requests] alone.
type Step struct {
	kind      stepKind
	status    int // 0 means 200
	header    http.Header
	body      *string
	times     int // 0 means 1, negative means for ever
	delay     time.Duration
	bodyDelay time.Duration
	pace      time.Duration // of SlowBody, SlowRead and SlowAccept
	bytes     int           // of Truncate and whatever else counts bytes
	early     []int         // 1xx statuses that precede the answer
	thenClose bool
	optional  bool
	fault     string // the name of the Fault that made it; "" for none
}

type stepKind int

const (
	stepAnswer stepKind = iota
	stepHang
	stepReset
	stepCloseConn
	stepStallBody
	stepSlowBody
	stepTruncate
	stepResetWrite
	stepNotHTTP
	stepBadChunking
	stepWrongLength
	stepResetStream
	stepGoAway
	stepBlackHole
	// From here on, steps take effect before the body is read.
	stepSlowRead
	stepResetRead
	// From here on, steps take effect on a new connection.
	stepSlowAccept
	stepResetConn
)

// OK is the answer that the server gives without a script: 200 and the event's id.
func OK() Step { return Step{} }

// Status answers with the given code, which has to be a final one, from 200 to 999; anything else panics.
// Failures carry the JSON body and the X-Sentry-Error header that Sentry sends with such a status.
func Status(code int) Step {
	if code < 200 || code > 999 {
		panic(fmt.Sprintf("sentrytest: Status(%d) is not a final HTTP status", code))
	}
	return Step{status: code}
}

// Redirect answers with the given status, such as 302, and Location.
func Redirect(code int, location string) Step {
	return Status(code).Header("Location", location)
}

// Hang never answers: it holds the request until the client gives up or the server closes. Over HTTP/2 the other requests
// on the connection are answered, and so are pings; see [BlackHole].
func Hang() Step { return Step{kind: stepHang} }

// Reset breaks the connection with a TCP RST instead of an answer. Over HTTP/2 that ends every request on the connection;
// see [ResetStream].
func Reset() Step { return Step{kind: stepReset} }

// CloseConn closes the connection in order instead of answering. That is what a client meets that uses a
// kept-alive connection at the moment in which the server lets go of it. Over HTTP/2 it sends no GOAWAY, and ends every
// request on the connection. See also [Step.ThenClose] and [GoAway].
func CloseConn() Step { return Step{kind: stepCloseConn} }

// StallBody accepts the request and sends status and headers, but then no byte of the body until the client
// gives up or the server closes. Over HTTP/2 the other requests on the connection are answered.
func StallBody() Step { return Step{kind: stepStallBody} }

// SlowBody accepts the request and sends the body byte by byte, with a pause of d before each. Over HTTP/2 each byte is a
// DATA frame, and the other requests on the connection are answered in between.
func SlowBody(d time.Duration) Step { return Step{kind: stepSlowBody, pace: d} }

// Truncate accepts the request, announces the whole body, sends its first n bytes and closes the connection. Over HTTP/2
// it ends the stream with RST_STREAM, and the connection stays.
func Truncate(n int) Step { return Step{kind: stepTruncate, bytes: max(n, 0)} }

// RetryAfter sets the Retry-After header, in whatever form the test needs: "30", an HTTP date, nonsense.
func (s Step) RetryAfter(value string) Step { return s.Header("Retry-After", value) }

// RateLimits sets the X-Sentry-Rate-Limits header, for example "60:error;default:organization"
// (protocol section 3.4). It may accompany any status.
func (s Step) RateLimits(value string) Step { return s.Header("X-Sentry-Rate-Limits", value) }

// Header sets a header of the answer, in place of one that the server would send.
func (s Step) Header(key, value string) Step {
	h := s.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set(key, value)
	s.header = h
	return s
}

// Body replaces the body of the answer.
func (s Step) Body(body string) Step {
	s.body = &body
	return s
}

// Times lets the step serve n requests in a row instead of one. A negative n serves all that follow, and
// counts as used after the first. Zero panics: a step that is never to be used has no place in a script.
func (s Step) Times(n int) Step {
	if n == 0 {
		panic("sentrytest: Times(0) makes a step that is never used")
	}
	s.times = n
	return s
}

// After waits d before the step does what it does: before the headers, if it answers. The request is on record from the
// beginning of the wait. See also [Step.BodyAfter] and [SlowAccept].
func (s Step) After(d time.Duration) Step {
	s.delay = d
	return s
}

// BodyAfter sends status and headers, and the body d later.
func (s Step) BodyAfter(d time.Duration) Step {
	s.bodyDelay = d
	return s
}

// Informational sends answers of the given statuses, such as 100 or 103, before the answer proper, which a client has
// to read past. A status that is not from 100 to 199, and 101, which changes the protocol, panic.
func (s Step) Informational(codes ...int) Step {
	for _, code := range codes {
		if code < 100 || code > 199 || code == http.StatusSwitchingProtocols {
			panic(fmt.Sprintf("sentrytest: Informational(%d) is not a status that precedes an answer: 100 to 199, but for 101", code))
		}
	}
	s.early = slices.Concat(s.early, codes)
	return s
}

// ThenClose closes the connection after the answer without having announced it in a header, so that the
// client keeps a connection for later which is gone when it wants to use it. It is for [OK], [Status] and
// [Redirect]; on steps that treat the connection in their own way it panics.
//
// Over HTTP/2 it sends no GOAWAY. The connection closes when all requests on it have been answered.
func (s Step) ThenClose() Step {
	if s.kind != stepAnswer {
		panic(fmt.Sprintf("sentrytest: %s cannot be followed by ThenClose", s))
	}
	s.thenClose = true
	return s
}

// Optional lets the step go unused without failing the test.
func (s Step) Optional() Step {
	s.optional = true
	return s
}

// code is the status that the step asks for.
func (s Step) code() int {
	if s.status == 0 {
		return http.StatusOK
	}
	return s.status
}

// answers reports whether the step sends a status at all.
func (s Step) answers() bool {
	switch s.kind {
	case stepHang, stepReset, stepCloseConn, stepNotHTTP, stepResetRead, stepResetConn, stepResetStream, stepBlackHole:
		return false
	}
	return true
}

// overrules reports whether the step decides the outcome without regard to the request.
func (s Step) overrules() bool {
	return !s.answers() || s.code() >= 300
}
