package raven

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	defaultSourceLines = 5  // on either side, as in the reference
	defaultSourceRate  = 10 // events of one place in a second
)

// WithSourceContext sends the lines of source around the innermost frames of
// the program's own packages, as many as lines before and behind the frame's
// line, in place of 5; at most 20. The lines come from the files that the
// binary was built from, as they are when a place is first seen. Where these
// are absent, as on most servers and with -trimpath, nothing is sent. Zero
// lines sends none and opens no file.
//
// An event with source is several times as large as one without. So perSecond
// bounds how many events of one place carry it in a second, in place of 10;
// when an error comes in floods, the others go without. Zero: no bound.
// Numbers that are negative or too large are an error.
func WithSourceContext(lines, perSecond int) Option {
	return func(cfg *config) error {
		if lines < 0 || lines > stack.MaxSourceLines {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of lines must be from 0 to %d", lines, perSecond, stack.MaxSourceLines)
		}
		if perSecond < 0 {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of events is negative", lines, perSecond)
		}
		cfg.sourceLines, cfg.sourceRate = lines, perSecond
		return nil
	}
}

// sourceBudget says which events carry source. Each slot counts the events of
// one place in one second; what collides or races costs a few lines more or
// fewer.
type sourceBudget struct {
	lines, rate int
	slots       [128]atomic.Uint64 // place: 16 bits, second: 32, count: 16
}

// linesFor returns how many lines go with an event of a place.
func (b *sourceBudget) linesFor(calls stack.Stack, now time.Time) int {
	if b.lines == 0 || b.rate == 0 || len(calls) == 0 {
		return b.lines
	}
	hash := uint64(calls[0].PC()) * 0x9E3779B97F4A7C15
	slot := &b.slots[hash>>57]
	period := hash<<7&(0xffff<<48) | uint64(uint32(now.Unix()))<<16
	seen := slot.Load()
	switch {
	case seen&^0xffff != period:
		seen = period
	case seen&0xffff == 0xffff || seen&0xffff >= uint64(b.rate):
		return 0
	}
	slot.Store(seen + 1)
	return b.lines
}
