package transport

import (
	"log/slog"
	"sync"
	"time"
)

// teeBurst logs the failures of one target: one line when a burst begins, and
// one when it ends. A pause is a burst, even if no packet is lost in it.
type teeBurst struct {
	logger *slog.Logger // with the host

	mu     sync.Mutex
	on     bool
	paused bool
	// the burst stays open across successes, because the last failure says
	// nothing about the connection
	sticky bool
	begun  time.Time
	last   time.Time // the last failure
	lost   int
}

// teeQuiet is how long after the last failure a success ends a sticky burst.
const teeQuiet = 10 * time.Second

func (b *teeBurst) outcome(err error) {
	if err == nil {
		b.delivered()
		return
	}
	v := judge(err)
	b.mu.Lock()
	begins := b.begin()
	b.lost++
	b.last = time.Now()
	b.sticky = !v.blames && !v.limited
	b.mu.Unlock()
	if begins {
		b.sayBegun(err)
	}
}

func (b *teeBurst) delivered() {
	b.mu.Lock()
	over := b.on && !b.paused && (!b.sticky || time.Since(b.last) >= teeQuiet)
	b.mu.Unlock()
	if over {
		b.end("transport: tee: events are delivered to the target again", nil)
	}
}

func (b *teeBurst) notice(n Notice) {
	b.mu.Lock()
	b.paused = n.Kind == NoticePaused
	begins := b.paused && b.begin()
	b.mu.Unlock()
	switch {
	case begins:
		b.sayBegun(n.Err)
	case n.Kind == NoticeResumed:
		b.end("transport: tee: events are delivered to the target again", nil)
	}
}

// begin reports whether a burst begins. The caller holds the lock.
func (b *teeBurst) begin() bool {
	if b.on {
		return false
	}
	b.on, b.lost, b.begun = true, 0, time.Now()
	b.last = b.begun
	return true
}

func (b *teeBurst) sayBegun(err error) {
	b.logger.Error("transport: tee: events don't reach the target", "error", err)
}

func (b *teeBurst) end(msg string, err error) {
	b.mu.Lock()
	ended := b.on
	b.on = false
	lost, took := b.lost, time.Since(b.begun)
	b.mu.Unlock()
	if !ended {
		return
	}
	attrs := []any{"lost", lost, "for", took.Round(time.Millisecond)}
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	b.logger.Warn(msg, attrs...)
}

// close ends the burst when the target is closed. err is the error of its
// Close.
func (b *teeBurst) close(err error) {
	if err != nil {
		b.mu.Lock()
		// packets without an outcome have not begun a burst
		b.begin()
		b.mu.Unlock()
	}
	b.end("transport: tee: closed; some events did not reach the target", err)
}

func (b *teeBurst) contain(what string, fn func()) { contain(b.logger, "tee: "+what, fn) }
