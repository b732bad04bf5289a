// Package attempt has the context of one attempt to deliver a packet. It must
// not import package transport.
package attempt

import (
	"context"
	"sync"
	"time"
)

// Context ends at a deadline or with the life of its transport. It starts a
// timer only when Done is called: engines that use Deadline and Life need no
// timer. A Context is safe for concurrent use.
type Context struct {
	life     context.Context
	deadline time.Time

	mu     sync.Mutex
	ended  bool
	timed  context.Context // nil until Done is called
	cancel context.CancelFunc
}

var _ context.Context = (*Context)(nil)

// New returns a context that ends after a time, or with life.
func New(life context.Context, timeout time.Duration) *Context {
	deadline := time.Now().Add(timeout)
	if sooner, ok := life.Deadline(); ok && sooner.Before(deadline) {
		deadline = sooner
	}
	return &Context{life: life, deadline: deadline}
}

// Life returns the context of the transport.
func (c *Context) Life() context.Context { return c.life }

// Deadline returns the deadline; there is always one.
func (c *Context) Deadline() (time.Time, bool) { return c.deadline, true }

// Done returns a channel that is closed when the context ends.
func (c *Context) Done() <-chan struct{} { return c.withTimer().Done() }

func (c *Context) withTimer() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.life, c.deadline)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed
}

// Err returns why the context has ended, or nil.
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.timed != nil:
		return c.timed.Err()
	case c.life.Err() != nil:
		return c.life.Err()
	case c.ended:
		return context.Canceled
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return nil
}

// Value returns the value of life for a key. After Done was called, it uses the
// context with the timer, so that package context needs no goroutine to derive
// another context.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	from := c.timed
	c.mu.Unlock()
	if from == nil {
		from = c.life
	}
	return from.Value(key)
}

// End ends the context and releases its timer.
func (c *Context) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}
