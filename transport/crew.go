package transport

import (
	"context"

	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// crew counts goroutines, so that Close can wait for them with a time limit.
// The zero value is empty. A crew is safe for concurrent use.
type crew struct{ account account.Account }

func (c *crew) start(fn func()) {
	t, _ := c.account.Accept() // it is never closed
	go c.run(t, fn)
}

func (c *crew) run(t account.Ticket, fn func()) {
	defer c.account.Settle(t) // also if fn ends the goroutine
	fn()
}

// join waits until the crew is empty, or ctx ends.
func (c *crew) join(ctx context.Context) {
	// A goroutine may have started another one.
	for c.account.Flush(ctx) == 0 && c.account.Pending() > 0 {
	}
}
