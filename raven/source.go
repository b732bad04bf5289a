package raven

import (
	"fmt"
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

// linesFor returns how many lines go with an event of a place.
func (c *Client) linesFor(calls stack.Stack, now time.Time) int {
	if c.sourceLines == 0 || c.sourceRate == nil || len(calls) == 0 || c.sourceRate.Allow(uint64(calls[0].PC()), now) {
		return c.sourceLines
	}
	return 0
}
