package gate

import (
	"sync/atomic"
	"time"
)

// Rate limits the events of a key in each second. It takes no lock: keys that
// collide and goroutines that race cost a few events more or fewer.
type Rate struct {
	limit uint64
	slots [128]atomic.Uint64 // key: 16 bits, second: 32, count: 16
}

// NewRate returns a Rate of limit events a second, nil for no limit.
func NewRate(limit int) *Rate {
	if limit == 0 {
		return nil
	}
	return &Rate{limit: uint64(limit)}
}

// Allow counts an event and reports whether it may pass.
func (r *Rate) Allow(key uint64, now time.Time) bool {
	hash := key * 0x9E3779B97F4A7C15
	slot := &r.slots[hash>>57]
	period := hash<<7&(0xffff<<48) | uint64(uint32(now.Unix()))<<16
	seen := slot.Load()
	switch {
	case seen&^0xffff != period:
		seen = period
	case seen&0xffff == 0xffff || seen&0xffff >= r.limit:
		return false
	}
	slot.Store(seen + 1)
	return true
}
