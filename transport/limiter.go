package transport

import (
	"sync"
	"time"
)

// limiter remembers what a server said it wants no more of. The zero value
// lets everything through.
type limiter struct {
	mu     sync.Mutex
	limits RateLimits
}

// check returns an error for a packet that a limit holds back.
func (l *limiter) check(p *Packet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits == nil {
		return nil
	}
	wait := time.Until(l.limits.Deadline(p.Category))
	if wait <= 0 {
		return nil
	}
	limits := make(RateLimits, len(l.limits))
	for category, deadline := range l.limits {
		limits[category] = deadline
	}
	return &RateLimitedError{EventID: p.EventID, RetryAfter: wait, RateLimits: limits, Held: true}
}

// note takes up the limits of an answer; the later deadline counts.
func (l *limiter) note(limits RateLimits) {
	if len(limits) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits == nil {
		l.limits = make(RateLimits)
	}
	for category, deadline := range limits {
		l.limits.extend(category, deadline)
	}
}
