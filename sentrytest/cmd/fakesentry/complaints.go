package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// complaintsEvery is the shortest time between two lines of one complaints.
const complaintsEvery = 10 * time.Second

// complaints prints errors that every request may cause. It prints at most one
// a period and counts the others. It is safe for concurrent use.
type complaints struct {
	every time.Duration

	mu      sync.Mutex // guards everything below
	w       io.Writer
	last    time.Time // when the last error was printed
	swallow int       // errors since then
}

func (c *complaints) print(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.last.IsZero() || now.Sub(c.last) >= c.every {
		more := ""
		if c.swallow > 0 {
			more = fmt.Sprintf(" (and %d more since the last line)", c.swallow)
		}
		c.last, c.swallow = now, 0
		fmt.Fprintf(c.w, "fakesentry: %v%s\n", plain(err), more)
		return
	}
	c.swallow++
}
