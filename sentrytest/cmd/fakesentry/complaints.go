package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// complaintsEvery is how often the same trouble is worth a line.
const complaintsEvery = 10 * time.Second

// complaints prints errors that may come with every request, one in a while. It is safe for concurrent use.
type complaints struct {
	every time.Duration

	mu      sync.Mutex // guards everything below
	w       io.Writer
	last    time.Time // when the last one was printed
	swallow int       // how many have come since
}

func (c *complaints) print(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.last.IsZero() || now.Sub(c.last) >= c.every {
		more := ""
		if c.swallow > 0 {
			more = fmt.Sprintf(" (and %d more like it since the last line)", c.swallow)
		}
		c.last, c.swallow = now, 0
		fmt.Fprintf(c.w, "fakesentry: %v%s\n", plain(err), more)
		return
	}
	c.swallow++
}
