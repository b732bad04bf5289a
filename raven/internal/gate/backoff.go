package gate

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Backoff says whether to try, as the reference client does: after a failure
// nothing is sent for as long as the server asks, or else for 1, 4, 9, 16, 25,
// 36, 36, … seconds. The zero value has no failure. It is safe for concurrent
// use.
type Backoff struct {
	failing atomic.Bool // while it is false nobody locks

	mu         sync.Mutex
	failures   int           // guarded by mu
	retryAfter time.Duration // guarded by mu
	lastCheck  time.Time     // guarded by mu
	cause      error         // guarded by mu
}

const (
	maxFailures = 6 // that the interval grows with
	// maxPause bounds what a server may ask for. Sending is tried again after
	// an hour: the limit may have been a mistake, or be about one category
	// only.
	maxPause = time.Hour
)

// interval needs the lock.
func (b *Backoff) interval() time.Duration {
	if b.retryAfter != 0 {
		return min(b.retryAfter, maxPause)
	}
	n := min(b.failures, maxFailures)
	return time.Duration(n*n) * time.Second
}

// Try returns nil if an event may be sent, and else why not.
func (b *Backoff) Try() *BackoffError {
	if !b.failing.Load() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 || time.Since(b.lastCheck) > b.interval() {
		return nil
	}
	return &BackoffError{Until: b.lastCheck.Add(b.interval()), Err: b.cause}
}

// Fail notes a failure. retryAfter is how long the server asked for; 0 if it
// did not ask.
func (b *Backoff) Fail(retryAfter time.Duration, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	b.lastCheck, b.retryAfter, b.cause = time.Now(), retryAfter, cause
	b.failing.Store(true)
}

// Succeed notes that a failure is over.
func (b *Backoff) Succeed() {
	if !b.failing.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.retryAfter, b.lastCheck, b.cause = 0, 0, time.Time{}, nil
	b.failing.Store(false)
}

// State returns how many attempts in a row have failed, when the next one is
// due and what failed last; zero values while nothing fails.
func (b *Backoff) State() (failures int, until time.Time, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 {
		return 0, time.Time{}, nil
	}
	return b.failures, b.lastCheck.Add(b.interval()), b.cause
}

// BackoffError is why an event is not sent: sending has just failed.
type BackoffError struct {
	Until time.Time
	Err   error
}

// Error says until when nothing is sent, and what failed.
func (e *BackoffError) Error() string {
	return fmt.Sprintf("nothing is sent until after %s, since sending failed: %v", e.Until.Format(time.RFC3339), e.Err)
}

// Unwrap returns what failed.
func (e *BackoffError) Unwrap() error { return e.Err }
