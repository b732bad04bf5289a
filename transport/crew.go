package transport

import (
	"context"
	"sync"
)

// crew counts goroutines, so that Close can wait for them with a time limit.
// The zero value is empty. A crew is safe for concurrent use.
type crew struct {
	mu    sync.Mutex
	n     int
	empty chan struct{} // nil, or closed when n becomes 0
}

func (c *crew) start(fn func()) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	go c.run(fn)
}

func (c *crew) run(fn func()) {
	defer c.leave() // also if fn ends the goroutine
	fn()
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.empty != nil {
		close(c.empty)
		c.empty = nil
	}
}

// join waits until the crew is empty, or ctx ends.
func (c *crew) join(ctx context.Context) {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return
	}
	if c.empty == nil {
		c.empty = make(chan struct{})
	}
	empty := c.empty
	c.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
