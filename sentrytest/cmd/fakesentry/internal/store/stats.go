package store

import (
	"cmp"
	"maps"
	"slices"

	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// counts counts deliveries.
type counts struct {
	wire.Stats // without Discarded
	discarded  map[loss]int
}

// loss is a kind of loss in client reports (docs/protocol.md, "Client
// reports").
type loss struct{ reason, category string }

// Stats counts what the store has received since it was opened, including what
// its file held then. Deleting changes only Kept and Bytes.
func (s *Store) Stats() wire.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats.summary()
	out.Bytes = s.bytes
	for _, d := range s.withs {
		out.Kept += len(d.Events)
	}
	return out
}

// Held counts what is in the store now. Its Dropped counts drops since
// everything was last deleted.
func (s *Store) Held() wire.Stats {
	var held counts
	s.mu.Lock()
	held.Bytes, held.Dropped = s.bytes, s.dropped
	s.mu.Unlock()
	for _, d := range s.snapshot().merged(0) {
		held.count(d)
	}
	held.Kept = held.Events
	return held.summary()
}

// summary returns the counts as the API sends them, with maps of their own.
func (c *counts) summary() wire.Stats {
	out := c.Stats
	out.Levels, out.Items = map[string]int{}, map[string]int{}
	maps.Copy(out.Levels, c.Levels)
	maps.Copy(out.Items, c.Items)
	out.Discarded = make([]wire.Discarded, 0, len(c.discarded))
	for kind, n := range c.discarded {
		out.Discarded = append(out.Discarded, wire.Discarded{Reason: kind.reason, Category: kind.category, Quantity: n})
	}
	slices.SortFunc(out.Discarded, func(a, b wire.Discarded) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Category, b.Category))
	})
	return out
}

// maxKinds bounds the separate counts, because their names come from the
// network.
const maxKinds = 100

func (c *counts) count(d *Delivery) {
	if c.Items == nil {
		c.Items, c.Levels = map[string]int{}, map[string]int{}
	}
	c.Requests++
	c.Events += len(d.Events)
	if d.Rejection != nil {
		c.Refused++
	}
	if d.Faulted() {
		c.Faults++
	}
	for _, e := range d.Events {
		c.Levels[e.Level]++
	}
	for _, item := range d.Items {
		kind := item.Type
		if _, known := c.Items[kind]; !known && len(c.Items) >= maxKinds {
			kind = "other"
		}
		c.Items[kind]++
	}
	for kind, n := range d.losses {
		c.discarded = addLoss(c.discarded, kind, n)
	}
}

// addLoss adds n to a kind of loss.
func addLoss(to map[loss]int, kind loss, n int) map[loss]int {
	if to == nil {
		to = map[loss]int{}
	}
	if _, known := to[kind]; !known && len(to) >= maxKinds {
		kind = loss{"other", "other"}
	}
	to[kind] += n
	return to
}
