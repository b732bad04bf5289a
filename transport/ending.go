package transport

import (
	"fmt"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// hurry adds to the number of callers that wait in Flush and Close.
func (t *Threaded) hurry(by int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hurried += by
	if by > 0 {
		t.rouse()
	}
}

// giveUp fails the packets that wait, and those whose attempt fails later. Each
// callback runs on a goroutine of its own, so that one that never returns
// blocks neither Close nor the others. The caller holds the lock.
func (t *Threaded) giveUp(cause error) {
	if t.over != nil {
		return
	}
	t.over = cause
	if t.spool != nil {
		t.spool.giveUp(cause)
	}
	for t.waiting() > 0 {
		j := t.remove(0)
		err := closedBefore(j.packet, cause)
		if j.trouble != nil && j.err != nil && !guard.Is(cause, j.err) {
			err = fmt.Errorf("%w: %w", err, j.err)
		}
		t.crew.start(func() { t.finish(j, nil, err) })
	}
}
