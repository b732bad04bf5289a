package page

import (
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// preset is a fault with a button.
type preset struct {
	ID, Name, Help string
	fault          sentrytest.Fault
}

func always(step sentrytest.Step) sentrytest.Fault { return sentrytest.When().Do(step) }

var presets = []preset{
	{"rate-limit", "Rate limit", "429 with Retry-After: 30", always(sentrytest.Status(429).RetryAfter("30"))},
	{"quota", "Quota", "accepted, but no errors for 60 s", always(sentrytest.OK().RateLimits("60:error:organization"))},
	{"unavailable", "Unavailable", "503", always(sentrytest.Status(503))},
	{"server-error", "Server error", "500", always(sentrytest.Status(500))},
	{"flaky", "Flaky", "502 for about every third request", always(sentrytest.Status(502)).Probability(0.33, 1)},
	{"too-large", "Too large", "413", always(sentrytest.Status(413))},
	{"slow", "Slow", "the answer comes 3 s late", always(sentrytest.OK().After(3 * time.Second))},
	{"stall", "Stall", "no answer, while the connection stays open", always(sentrytest.Hang())},
	{"stall-body", "Stall midway", "the head of an answer, but no body", always(sentrytest.StallBody())},
	{"reset", "Reset", "the connection breaks instead of an answer", always(sentrytest.Reset())},
	{"not-http", "Not HTTP", "an answer that is not HTTP", always(sentrytest.NotHTTP())},
	// It ends by itself, because it hits the connections of browsers too.
	{"no-handshake", "No handshake", "the next 3 connections break before TLS or a request", always(sentrytest.ResetConn().Times(3))},
}
