package store

import "maps"

// Stats counts what a store has received since it was opened, what its file held then included. Deleting changes
// nothing but Kept and Bytes.
type Stats struct {
	Requests  int
	Events    int
	Refused   int            // requests that were refused because of their contents
	Faults    int            // requests that a fault answered
	Dropped   int            // events that were dropped to stay within the bounds
	Items     map[string]int // items of envelopes by type
	ByLevel   map[string]int // events by level
	Discarded map[Loss]int   // events that clients say they have discarded (protocol section 4, client reports)
	Kept      int            // events in the store now
	Bytes     int64          // about what the store takes in memory now
}

// Loss is a kind of loss that clients report.
type Loss struct{ Reason, Category string }

// Stats returns the counts as they are now.
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

// maxKinds bounds the kinds that are counted one by one, for their names come over the network.
const maxKinds = 100

func (st *Stats) count(d *Delivery) {
	if st.Items == nil {
		st.Items, st.ByLevel, st.Discarded = map[string]int{}, map[string]int{}, map[Loss]int{}
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
	reports := false
	for _, item := range d.Items {
		kind := item.Type
		if _, known := st.Items[kind]; !known && len(st.Items) >= maxKinds {
			kind = "other"
		}
		st.Items[kind]++
		reports = reports || item.Type == "client_report"
	}
	if reports {
		st.countLosses(d)
	}
}

func (st *Stats) countLosses(d *Delivery) {
	envelope, _ := d.Envelope()
	for _, report := range envelope.ClientReports() {
		for _, loss := range report.Discarded {
			key := Loss{loss.Reason, loss.Category}
			if _, known := st.Discarded[key]; !known && len(st.Discarded) >= maxKinds {
				key = Loss{"other", "other"}
			}
			st.Discarded[key] += loss.Quantity
		}
	}
}
