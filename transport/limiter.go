package transport

import (
	"maps"
	"sync"
	"time"
)

// limiter remembers the server's rate limits. The zero value has none.
type limiter struct {
	mu     sync.Mutex
	limits RateLimits
}

func (l *limiter) check(p *Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limits.hold(p, time.Now())
}

// hold returns an error for a packet that is under a limit.
func (l RateLimits) hold(p *Packet, now time.Time) error {
	if l == nil {
		return nil
	}
	wait := l.Deadline(p.Category).Sub(now)
	if wait <= 0 {
		return nil
	}
	return &RateLimitedError{EventID: p.EventID, RetryAfter: wait, RateLimits: maps.Clone(l), Held: true}
}

// note adds the limits of an answer; the later deadline counts.
func (l *limiter) note(limits RateLimits) {
	if len(limits) > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.limits.merge(limits)
	}
}
