package sentrytest

import (
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// String returns the step as one would write it, for example `Status(429).RetryAfter("30").Times(2)`.
func (s Step) String() string {
	var b strings.Builder
	b.WriteString(s.base())
	for _, key := range texts.SortedKeys(s.header) {
		switch value := s.header.Get(key); key {
		case "Retry-After":
			fmt.Fprintf(&b, ".RetryAfter(%q)", value)
		case "X-Sentry-Rate-Limits":
			fmt.Fprintf(&b, ".RateLimits(%q)", value)
		default:
			fmt.Fprintf(&b, ".Header(%q, %q)", key, value)
		}
	}
	if s.body != nil {
		fmt.Fprintf(&b, ".Body(%q)", texts.Shorten(*s.body, 40))
	}
	for _, code := range s.early {
		fmt.Fprintf(&b, ".Informational(%d)", code)
	}
	if s.delay > 0 {
		fmt.Fprintf(&b, ".After(%s)", s.delay)
	}
	if s.bodyDelay > 0 {
		fmt.Fprintf(&b, ".BodyAfter(%s)", s.bodyDelay)
	}
	if s.thenClose {
		b.WriteString(".ThenClose()")
	}
	if s.times != 0 && s.times != 1 {
		fmt.Fprintf(&b, ".Times(%d)", s.times)
	}
	if s.optional {
		b.WriteString(".Optional()")
	}
	return b.String()
}

// base is the call that made the step.
func (s Step) base() string {
	switch s.kind {
	case stepHang:
		return "Hang()"
	case stepReset:
		return "Reset()"
	case stepCloseConn:
		return "CloseConn()"
	case stepStallBody:
		return "StallBody()"
	case stepSlowBody:
		return fmt.Sprintf("SlowBody(%s)", s.pace)
	case stepTruncate:
		return fmt.Sprintf("Truncate(%d)", s.bytes)
	case stepResetWrite:
		return fmt.Sprintf("ResetAfterWrite(%d)", s.bytes)
	case stepNotHTTP:
		return "NotHTTP()"
	case stepBadChunking:
		return "BadChunking()"
	case stepWrongLength:
		return fmt.Sprintf("WrongLength(%d)", s.bytes)
	case stepResetStream:
		return "ResetStream()"
	case stepGoAway:
		return "GoAway()"
	case stepBlackHole:
		return "BlackHole()"
	case stepSlowRead:
		return fmt.Sprintf("SlowRead(%d, %s)", s.bytes, s.pace)
	case stepResetRead:
		return fmt.Sprintf("ResetAfterRead(%d)", s.bytes)
	case stepSlowAccept:
		return fmt.Sprintf("SlowAccept(%s)", s.pace)
	case stepResetConn:
		return "ResetConn()"
	}
	if s.status == 0 {
		return "OK()"
	}
	return fmt.Sprintf("Status(%d)", s.status)
}
