package ravenzap

import (
	"errors"
	"slices"
	"sync"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// maxClients limits the clients that a core remembers for Sync. Programs have
// one or two.
const maxClients = 16

// clients holds the clients that reported the entries of a core without its own
// client since the last Sync. It is safe for concurrent use.
type clients struct {
	mu   sync.Mutex
	list []*raven.Client // guarded by mu; each once
}

func (c *clients) add(client *raven.Client) {
	if !client.Enabled() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.list, client) {
		return
	}
	if len(c.list) == maxClients {
		c.list = c.list[1:]
	}
	c.list = append(c.list, client)
}

func (c *clients) flush() error {
	c.mu.Lock()
	list := c.list
	c.list = nil
	c.mu.Unlock()
	var errs []error
	for _, client := range list {
		errs = append(errs, logrecord.Deliver(client))
	}
	return errors.Join(errs...)
}
