package transport

import (
	"log/slog"
	"time"

	"github.com/ravenkit/ravenkit/internal/losses"
)

// teeBurst logs the failures of one target: one line when a burst begins, and
// one when it ends. A pause is a burst, even if no packet is lost in it.
type teeBurst struct {
	logger *slog.Logger // with the host
	burst  losses.Burst
}

const teeAgain = "transport: tee: events are delivered to the target again"

func (b *teeBurst) outcome(err error) {
	if err == nil {
		if e, over := b.burst.Success(); over {
			b.sayEnded(teeAgain, e, nil)
		}
		return
	}
	// If the failure says nothing about the connection, neither does a success.
	v := judge(err)
	if b.burst.Lose(!v.blames && !v.limited) {
		b.sayBegun(err)
	}
}

func (b *teeBurst) notice(n Notice) {
	switch n.Kind {
	case NoticePaused:
		if b.burst.Pause(n.Since) {
			b.sayBegun(n.Err)
		}
	case NoticeResumed:
		b.end(teeAgain, nil)
	}
}

// close ends the burst when the target is closed. err is the error of its
// Close.
func (b *teeBurst) close(err error) {
	if left, ok := err.(*UndeliveredError); ok && left.Spooled > 0 && left.Abandoned+left.Stuck == 0 {
		b.logger.Warn("transport: tee: closed; events wait on disk for the next start", "events", left.Spooled, "error", left.Err)
		b.burst.End()
		return
	}
	if err != nil {
		// packets without an outcome have not begun a burst
		b.burst.Pause(time.Now())
	}
	b.end("transport: tee: closed; some events did not reach the target", err)
}

func (b *teeBurst) end(msg string, err error) {
	if e, ended := b.burst.End(); ended {
		b.sayEnded(msg, e, err)
	}
}

func (b *teeBurst) sayBegun(err error) {
	b.logger.Error("transport: tee: events don't reach the target", "error", err)
}

func (b *teeBurst) sayEnded(msg string, e losses.Ended, err error) {
	attrs := []any{"lost", e.Lost, "for", time.Since(e.Began).Round(time.Millisecond)}
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	b.logger.Warn(msg, attrs...)
}

func (b *teeBurst) contain(what string, fn func()) { contain(b.logger, "tee: "+what, fn) }
