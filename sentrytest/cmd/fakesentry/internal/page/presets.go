package page

import "github.com/ravenkit/ravenkit/sentrytest"

// preset is a fault at the press of a button.
type preset struct {
	ID, Name, Help string
	fault          sentrytest.Fault
}

// aThird is the probability of what happens now and then.
var aThird = 0.33

var presets = []preset{
	{"rate-limit", "Rate limit", "429 with Retry-After: 30", sentrytest.Fault{Status: 429, RetryAfter: "30"}},
	{"quota", "Quota", "accepted, but no errors for 60 s", sentrytest.Fault{RateLimits: "60:error:organization"}},
	{"unavailable", "Unavailable", "503", sentrytest.Fault{Status: 503}},
	{"server-error", "Server error", "500", sentrytest.Fault{Status: 500}},
	{"flaky", "Flaky", "502 for about every third request", sentrytest.Fault{Status: 502, Probability: &aThird, Seed: 1}},
	{"too-large", "Too large", "413", sentrytest.Fault{Status: 413}},
	{"slow", "Slow", "the answer comes 3 s late", sentrytest.Fault{Delay: "3s"}},
	{"stall", "Stall", "no answer, while the connection stays open", sentrytest.Fault{Do: "hang"}},
	{"stall-body", "Stall midway", "the head of an answer, but no body", sentrytest.Fault{Do: "stall_body"}},
	{"reset", "Reset", "the connection breaks instead of an answer", sentrytest.Fault{Do: "reset"}},
	{"not-http", "Not HTTP", "an answer that is none", sentrytest.Fault{Do: "not_http"}},
	// It ends by itself, since it does not tell the connections of browsers from those of clients.
	{"no-handshake", "No handshake", "the next 3 connections break before TLS or a request", sentrytest.Fault{Do: "reset_conn", Times: 3}},
}
