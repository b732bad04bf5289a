package transporttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// collector is the T of a case that runs without a test.
type collector struct {
	ctx      context.Context
	mu       sync.Mutex
	errs     []error
	cleanups []func()
}

var _ T = (*collector)(nil)

// collect runs f as a test of its own and returns its failures.
func collect(ctx context.Context, f func(t T)) error {
	ctx, cancel := context.WithCancel(ctx)
	c := &collector{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.cleanUp()
		defer cancel()
		defer c.rescue()
		f(c)
	}()
	<-done
	return errors.Join(c.errs...)
}

// cleanUp runs the functions in reverse order, as package testing does. Each
// runs even if another one ended its goroutine.
func (c *collector) cleanUp() {
	c.mu.Lock()
	if len(c.cleanups) == 0 {
		c.mu.Unlock()
		return
	}
	last := len(c.cleanups) - 1
	f := c.cleanups[last]
	c.cleanups = c.cleanups[:last]
	c.mu.Unlock()
	defer c.cleanUp()
	defer c.rescue()
	f()
}

func (c *collector) rescue() {
	if v := recover(); v != nil {
		c.Errorf("panic: %v\n%s", v, debug.Stack())
	}
}

func (c *collector) Helper() {}

func (c *collector) Cleanup(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cleanups = append(c.cleanups, f)
}

func (c *collector) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *collector) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	runtime.Goexit()
}

func (c *collector) Logf(string, ...any) {}

func (c *collector) Failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.errs) > 0
}

func (c *collector) Context() context.Context { return c.ctx }
