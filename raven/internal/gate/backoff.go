package gate

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Backoff pauses sending after failures, as Raven for Python does
// (raven/base.py, ClientState): for as long as the server asks, or else for 1,
// 4, 9, 16, 25, then always 36 seconds. The zero value has no failure. It is
// safe for concurrent use.
type Backoff struct {
	failing atomic.Bool // lets calls without a failure skip the lock

	mu         sync.Mutex
	failures   int           // guarded by mu
	retryAfter time.Duration // guarded by mu
	lastCheck  time.Time     // guarded by mu
	cause      error         // guarded by mu
}

const (
	maxFailures = 6 // that lengthen the pause
	// maxPause limits what a server may ask for. The limit may be a mistake, or
	// concern one category only.
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

// Try returns nil if an event may be sent, else the reason why not.
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

// Fail notes a failure. retryAfter is the pause that the server asked for, 0
// for none.
func (b *Backoff) Fail(retryAfter time.Duration, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	b.lastCheck, b.retryAfter, b.cause = time.Now(), retryAfter, cause
	b.failing.Store(true)
}

// Succeed ends a failure.
func (b *Backoff) Succeed() {
	if !b.failing.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.retryAfter, b.lastCheck, b.cause = 0, 0, time.Time{}, nil
	b.failing.Store(false)
}

// State returns the number of failures in a row, the time of the next attempt
// and the last failure; zero values if nothing fails.
func (b *Backoff) State() (failures int, until time.Time, cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 {
		return 0, time.Time{}, nil
	}
	return b.failures, b.lastCheck.Add(b.interval()), b.cause
}

// BackoffError is the reason for not sending an event.
type BackoffError struct {
	Until time.Time
	Err   error
}

// Error returns the end of the pause and the failure.
func (e *BackoffError) Error() string {
	return fmt.Sprintf("nothing is sent until after %s, since sending failed: %v", e.Until.Format(time.RFC3339), e.Err)
}

// Unwrap returns the failure.
func (e *BackoffError) Unwrap() error { return e.Err }
