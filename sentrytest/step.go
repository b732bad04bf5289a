package sentrytest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Step is what the server does with one request: an entry of [Server.Script],
// or what a [Fault] does. Steps are values; the methods return changed copies.
// The zero value is [OK].
//
// A step with a status from 200 to 299 accepts a valid request, which
// [Server.Events] then has, and lets the server refuse an invalid one as usual.
// After every other step only [Server.Requests] has the request.
type Step struct {
	kind      stepKind
	status    int // 0 means 200
	header    http.Header
	body      *string
	times     int // 0 means 1 in a script and for ever in a fault, negative for ever
	delay     time.Duration
	bodyDelay time.Duration
	pace      time.Duration // of the kinds that have one
	bytes     int           // of the kinds that count
	early     []int         // 1xx statuses that precede the answer
	thenClose bool
	optional  bool
	fault     string // the name of the fault that it serves for; "" for none
}

// RetryAfter sets the Retry-After header to any text: "30", an HTTP date,
// nonsense.
func (s Step) RetryAfter(value string) Step { return s.Header(headerRetryAfter, value) }

// RateLimits sets the X-Sentry-Rate-Limits header, for example
// "60:error;default:organization". It may accompany any status.
func (s Step) RateLimits(value string) Step { return s.Header(headerRateLimits, value) }

const (
	headerRetryAfter = "Retry-After"
	headerRateLimits = "X-Sentry-Rate-Limits"
)

// Header sets a header of the answer, in place of the server's own.
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

// Times lets the step serve n requests in a row instead of one. A negative n
// serves all that follow, and counts as used after the first. Zero panics.
func (s Step) Times(n int) Step {
	if n == 0 {
		panic("sentrytest: Times(0) makes a step that is never used")
	}
	s.times = n
	return s
}

// After delays the step by d, an answer before its headers. The request is
// recorded before the delay. See also [Step.BodyAfter] and [SlowAccept].
func (s Step) After(d time.Duration) Step {
	s.delay = d
	return s
}

// BodyAfter sends status and headers, and d later the body.
func (s Step) BodyAfter(d time.Duration) Step {
	s.bodyDelay = d
	return s
}

// Informational sends answers of the given statuses, such as 100 or 103, before
// the final answer. A status that is not from 100 to 199, and 101, which
// changes the protocol, panic.
func (s Step) Informational(codes ...int) Step {
	for _, code := range codes {
		if !isInformational(code) {
			panic(fmt.Sprintf("sentrytest: Informational(%d) is not a status that precedes an answer: 100 to 199, but for 101", code))
		}
	}
	s.early = slices.Concat(s.early, codes)
	return s
}

// ThenClose closes the connection after the answer without a header that
// announces it. The client keeps the connection and finds it closed at its next
// use. It is for [OK], [Status] and [Redirect]; on other steps it panics.
//
// Over HTTP/2 it sends no GOAWAY. The connection closes when all requests on it
// have been answered.
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
func (s Step) answers() bool { return kinds[s.kind].sends }

func (s Step) stage() stage { return kinds[s.kind].stage }

// byHand reports whether the answer bypasses http.Server, which would refuse it
// or announce the close.
func (s Step) byHand() bool { return kinds[s.kind].byHand || s.thenClose }

// overrules reports whether the step decides the outcome alone.
func (s Step) overrules() bool { return !s.answers() || s.code() >= 300 }

// String returns the step as Go code, for example
// `Status(429).RetryAfter("30").Times(2)`.
func (s Step) String() string {
	var b strings.Builder
	b.WriteString(s.base())
	add := func(written bool, format string, args ...any) {
		if written {
			fmt.Fprintf(&b, format, args...)
		}
	}
	for _, key := range texts.SortedKeys(s.header) {
		switch value := s.header.Get(key); key {
		case headerRetryAfter:
			add(true, ".RetryAfter(%q)", value)
		case headerRateLimits:
			add(true, ".RateLimits(%q)", value)
		default:
			add(true, ".Header(%q, %q)", key, value)
		}
	}
	if s.body != nil {
		add(true, ".Body(%q)", texts.Shorten(*s.body, 40))
	}
	for _, code := range s.early {
		add(true, ".Informational(%d)", code)
	}
	add(s.delay > 0, ".After(%s)", s.delay)
	add(s.bodyDelay > 0, ".BodyAfter(%s)", s.bodyDelay)
	add(s.thenClose, ".ThenClose()")
	add(s.times != 0 && s.times != 1, ".Times(%d)", s.times)
	add(s.optional, ".Optional()")
	return b.String()
}

// base is the call that made the step.
func (s Step) base() string {
	if s.status != 0 {
		return fmt.Sprintf("Status(%d)", s.status)
	}
	k := kinds[s.kind]
	var params []string
	if k.bytes {
		params = append(params, strconv.Itoa(s.bytes))
	}
	if k.pace {
		params = append(params, s.pace.String())
	}
	return k.call + "(" + strings.Join(params, ", ") + ")"
}
