package transport_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// in returns limits by category that end after the given seconds.
func in(seconds map[string]int) transport.RateLimits {
	limits := make(transport.RateLimits)
	for category, n := range seconds {
		limits[category] = now.Add(time.Duration(n) * time.Second)
	}
	return limits
}

func TestParseRateLimits(t *testing.T) {
	for _, c := range []struct {
		header string
		want   map[string]int
	}{
		{"1", map[string]int{"": 1}},
		{"2::scope:reason", map[string]int{"": 2}},
		{"8:error;default;unknown", map[string]int{"error": 8, "default": 8}},
		{"30:error:s1, 20:error:s2, 40::", map[string]int{"error": 30, "": 40}},
		{"60:transaction:key, 2700:default;error;security:organization:quota_exceeded", map[string]int{"transaction": 60, "default": 2700, "error": 2700, "security": 2700}},
		{"2700:metric_bucket:organization:quota_exceeded:custom", map[string]int{"metric_bucket": 2700}},
		{"60::organization", map[string]int{"": 60}},
		{"5:ERROR", map[string]int{"error": 5}},
		{"5:log_byte, 7:attachment_item, 9:trace_metric_byte", map[string]int{"log_item": 5, "attachment": 7, "trace_metric": 9}},
		{"5:unknown", nil},
		{":", nil},
		{",", nil},
		{":,:;;;:", nil},
		{"3.1", map[string]int{"": 4}},
		{"-1", map[string]int{"": 0}},
		{"NaN", map[string]int{"": 0}},
		{"Inf", map[string]int{"": 0}},
		{"1e17", map[string]int{"": 0}},
		{"1e999", map[string]int{"": 0}},
		{"86400", map[string]int{"": 86400}},
		{"86401", map[string]int{"": 86400}},
		{"9000000000:error;session, 5:transaction", map[string]int{"error": 86400, "session": 86400, "transaction": 5}},
		{"x", nil},
		{"", nil},
	} {
		t.Run(c.header, func(t *testing.T) {
			header := http.Header{"X-Sentry-Rate-Limits": {c.header}}
			got := transport.ParseRateLimits(header, 200, now)
			if c.want == nil {
				NewWithT(t).Expect(got).To(BeNil())
				return
			}
			NewWithT(t).Expect(got).To(Equal(in(c.want)))
		})
	}
}

func TestParseRetryAfter(t *testing.T) {
	for _, c := range []struct {
		header string
		want   int
	}{
		{"30", 30},
		{"0", 0},
		{" 7 ", 7},
		{"", 60},
		{"-3", 60},
		{"1.5", 60},
		{"soon", 60},
		{"86401", 86400},
		{"2147483648", 86400},
		{"99999999999999999999", 86400},
		{"Fri, 31 Dec 9999 23:59:59 GMT", 86400},
		{now.Add(90 * time.Second).Format(http.TimeFormat), 90},
		{now.Add(-time.Hour).Format(http.TimeFormat), 0},
	} {
		t.Run(c.header, func(t *testing.T) {
			header := http.Header{"Retry-After": {c.header}}
			NewWithT(t).Expect(transport.ParseRateLimits(header, 429, now)).To(Equal(in(map[string]int{"": c.want})))
			NewWithT(t).Expect(transport.ParseRateLimits(header, 503, now)).To(BeNil(), "used on 429 only")
		})
	}
}

func TestRateLimitsHeaderBeatsRetryAfter(t *testing.T) {
	header := http.Header{"Retry-After": {"500"}, "X-Sentry-Rate-Limits": {"10:transaction"}}
	NewWithT(t).Expect(transport.ParseRateLimits(header, 429, now)).To(Equal(in(map[string]int{"transaction": 10})))
}

func TestDeadlineOfACategory(t *testing.T) {
	g := NewWithT(t)
	limits := in(map[string]int{"": 10, "error": 20, "session": 5})
	g.Expect(limits.Deadline("error")).To(Equal(now.Add(20 * time.Second)))
	g.Expect(limits.Deadline("")).To(Equal(now.Add(20*time.Second)), "no category means error")
	g.Expect(limits.Deadline("session")).To(Equal(now.Add(10*time.Second)), "the limit for all is longer")
	g.Expect(transport.RateLimits(nil).Deadline("error").IsZero()).To(BeTrue())
}
