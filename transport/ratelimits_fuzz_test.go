package transport_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// FuzzParseRateLimits checks that any values of the two headers give deadlines
// that a client can wait for: none in the past, only for known categories, and
// none if there is no limit.
func FuzzParseRateLimits(f *testing.F) {
	for _, seed := range []struct{ limits, retryAfter string }{
		{"", ""},
		{"", "30"},
		{"", "Fri, 02 Jan 2026 03:05:05 GMT"},
		{"", "-1"},
		{"", "1.5"},
		{"60:transaction:key, 2700:default;error;security:organization:quota_exceeded", "7"},
		{"2700:metric_bucket:organization:quota_exceeded:custom", ""},
		{"60::organization", ""},
		{":,:;;;:", ""},
		{"1e17,NaN,Inf,-Inf,0x1p4,1e999", ""},
		{"9223372036", ""},
		{"", "2147483648"},
		{"", "Fri, 31 Dec 9999 23:59:59 GMT"},
	} {
		f.Add(seed.limits, seed.retryAfter)
	}
	f.Fuzz(func(t *testing.T, limits, retryAfter string) {
		for _, status := range []int{http.StatusOK, http.StatusTooManyRequests} {
			header := http.Header{}
			if limits != "" {
				header.Set("X-Sentry-Rate-Limits", limits)
			}
			if retryAfter != "" {
				header.Set("Retry-After", retryAfter)
			}
			got := transport.ParseRateLimits(header, status, now)
			if limits == "" && (len(got) > 0) != (status == http.StatusTooManyRequests) {
				t.Fatalf("without a limit, status %d gives %v", status, got)
			}
			if len(got) > 50 {
				t.Fatalf("%q gives %d categories", limits, len(got))
			}
			for category, deadline := range got {
				if deadline.Before(now) || deadline.After(now.Add(24*time.Hour)) {
					t.Fatalf("%q and %q: %q ends %v", limits, retryAfter, category, deadline)
				}
				if got.Deadline(category).Before(deadline) && category != "" {
					t.Fatalf("%q: Deadline(%q) is before its own limit", limits, category)
				}
			}
		}
	})
}
