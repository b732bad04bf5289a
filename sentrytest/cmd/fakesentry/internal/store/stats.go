package store

import "maps"

// Stats counts what a store has received since it was opened, including what
// its file held then. Deleting changes only Kept and Bytes.
type Stats struct {
	Requests  int
	Events    int
	Refused   int            // requests that were refused because of their contents
	Faults    int            // requests that a fault answered
	Dropped   int            // events that were dropped to stay within the bounds
	Items     map[string]int // items of envelopes by type
	ByLevel   map[string]int // events by level
	Discarded map[Loss]int   // events in client reports (docs/protocol.md, "Client reports")
	Kept      int            // events in the store
	Bytes     int64          // approximate memory of the store
}

// Loss is a kind of loss in client reports.
type Loss struct{ Reason, Category string }

// Stats returns the current counts.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Items, out.ByLevel, out.Discarded = maps.Clone(out.Items), maps.Clone(out.ByLevel), maps.Clone(out.Discarded)
	out.Bytes = s.bytes
	for _, d := range s.withs {
		out.Kept += len(d.Events)
	}
	return out
}

// Held counts what is in the store now. Its Dropped counts drops since
// everything was last deleted.
func (s *Store) Held() Stats {
	var out Stats
	s.mu.Lock()
	out.Bytes, out.Dropped = s.bytes, s.dropped
	s.mu.Unlock()
	for _, d := range s.snapshot().merged(0) {
		out.count(d)
	}
	out.Kept = out.Events
	return out
}

// maxKinds bounds the separate counts, because their names come from the
// network.
const maxKinds = 100

func (st *Stats) count(d *Delivery) {
	if st.Items == nil {
		st.Items, st.ByLevel = map[string]int{}, map[string]int{}
	}
	st.Requests++
	st.Events += len(d.Events)
	if d.Rejection != nil {
		st.Refused++
	}
	if d.Faulted() {
		st.Faults++
	}
	for _, e := range d.Events {
		st.ByLevel[e.Level]++
	}
	for _, item := range d.Items {
		kind := item.Type
		if _, known := st.Items[kind]; !known && len(st.Items) >= maxKinds {
			kind = "other"
		}
		st.Items[kind]++
	}
	for loss, n := range d.losses {
		st.Discarded = addLoss(st.Discarded, loss, n)
	}
}

// addLoss adds n to a loss.
func addLoss(to map[Loss]int, loss Loss, n int) map[Loss]int {
	if to == nil {
		to = map[Loss]int{}
	}
	if _, known := to[loss]; !known && len(to) >= maxKinds {
		loss = Loss{"other", "other"}
	}
	to[loss] += n
	return to
}
