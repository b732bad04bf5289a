package transport

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RateLimits maps a data category ("error", "transaction", …) to the time until
// which the server accepts none of it. The key "" means all categories. A nil
// map has no limits.
type RateLimits map[string]time.Time

// Deadline returns when packets of a category may be sent again: the later of
// its own limit and the limit of all categories, or the zero time. The category
// "" means "error".
func (l RateLimits) Deadline(category string) time.Time {
	if category == "" {
		category = "error"
	}
	deadline := l[""]
	if own := l[category]; own.After(deadline) {
		deadline = own
	}
	return deadline
}

const (
	// defaultRetryAfter is the duration of a rate limit without one.
	defaultRetryAfter = 60 * time.Second
	// maxRateLimit is the longest rate limit. Otherwise a date in the year
	// 9999, from a broken clock or proxy, would stop the client for good.
	maxRateLimit = 24 * time.Hour
)

// ParseRateLimits reads X-Sentry-Rate-Limits from an answer of any status, or
// Retry-After from a 429 without that header. It skips invalid limits. A 429
// with neither header limits all categories for 60 s. Limits are shortened to
// 24 hours.
func ParseRateLimits(header http.Header, status int, now time.Time) RateLimits {
	limits, _ := parseRateLimits(header, status, now)
	return limits
}

// parseRateLimits also returns the longest of the limits that it shortened, as
// the server sent it.
func parseRateLimits(header http.Header, status int, now time.Time) (limits RateLimits, cut time.Duration) {
	given := header.Values("X-Sentry-Rate-Limits")
	if len(given) == 0 && status != http.StatusTooManyRequests {
		return nil, 0 // the usual case
	}
	limits = make(RateLimits)
	value := strings.Join(given, ",")
	for limit := range strings.SplitSeq(value, ",") {
		limits.add(limit, now)
	}
	if value == "" && status == http.StatusTooManyRequests {
		limits[""] = now.Add(parseRetryAfter(header.Get("Retry-After"), now))
	}
	if len(limits) == 0 {
		return nil, 0
	}
	for category, deadline := range limits {
		if asked := deadline.Sub(now); asked > maxRateLimit {
			limits[category], cut = now.Add(maxRateLimit), max(cut, asked)
		}
	}
	return limits, cut
}

func (l RateLimits) add(limit string, now time.Time) {
	fields := strings.Split(limit, ":")
	wait, ok := parseLimitSeconds(strings.TrimSpace(fields[0]))
	if !ok {
		return
	}
	deadline := now.Add(wait)
	categories := ""
	if len(fields) > 1 {
		categories = strings.TrimSpace(fields[1])
	}
	if categories == "" {
		l.extend("", deadline)
		return
	}
	for category := range strings.SplitSeq(categories, ";") {
		category = strings.ToLower(strings.TrimSpace(category))
		if gates, ok := knownCategories[category]; ok {
			l.extend(gates, deadline)
		}
	}
}

// merge adds limits; the later deadline counts.
func (l *RateLimits) merge(limits RateLimits) {
	if *l == nil {
		*l = make(RateLimits, len(limits))
	}
	for category, deadline := range limits {
		l.extend(category, deadline)
	}
}

func (l RateLimits) extend(category string, deadline time.Time) {
	if old, ok := l[category]; !ok || deadline.After(old) {
		l[category] = deadline
	}
}

// parseLimitSeconds rounds fractions up. It returns 0 for numbers that are not
// positive or too large.
func parseLimitSeconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	f = math.Ceil(f)
	if !(f > 0) || f > math.MaxInt64/float64(time.Second) {
		return 0, true
	}
	return time.Duration(f) * time.Second, true
}

// parseRetryAfter reads whole seconds or an HTTP date; anything else means 60
// s.
func parseRetryAfter(s string, now time.Time) time.Duration {
	if after, ok := readRetryAfter(s, now); ok {
		return after
	}
	return defaultRetryAfter
}

func readRetryAfter(s string, now time.Time) (after time.Duration, ok bool) {
	s = strings.TrimSpace(s)
	const most = math.MaxInt64 / uint64(time.Second)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(n, most)) * time.Second, true
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(t.Sub(now), 0), true
	}
	return 0, false
}

// retryAfter is how long packets of a category must wait after a 429.
func retryAfter(header http.Header, limits RateLimits, category string, now time.Time) time.Duration {
	if deadline := limits.Deadline(category); !deadline.IsZero() {
		return max(deadline.Sub(now), 0)
	}
	if header.Get("Retry-After") != "" {
		return min(parseRetryAfter(header.Get("Retry-After"), now), maxRateLimit)
	}
	return 0
}

// knownCategories maps the names in a limit to the category that the limit
// applies to. The names are Relay's data categories; others are ignored.
var knownCategories = map[string]string{
	"default": "default", "error": "error", "transaction": "transaction", "security": "security",
	"attachment": "attachment", "attachment_item": "attachment", "session": "session",
	"profile": "profile", "profile_chunk": "profile_chunk", "profile_chunk_ui": "profile_chunk_ui",
	"replay": "replay", "monitor": "monitor", "span": "span", "feedback": "feedback",
	"user_report_v2": "feedback", "metric_bucket": "metric_bucket",
	"log_item": "log_item", "log_byte": "log_item",
	"trace_metric": "trace_metric", "trace_metric_byte": "trace_metric",
}
