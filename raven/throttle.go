package raven

import (
	"container/list"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// maxThrottleKeys bounds how many fingerprints a throttle knows at a time.
const maxThrottleKeys = 1000

// suppressedKey is the extra that says how many events were held back.
const suppressedKey = "suppressed"

// throttle lets the first limit events of a fingerprint pass in every window.
type throttle struct {
	limit int
	per   time.Duration
	seed  maphash.Seed

	mu      sync.Mutex
	windows map[uint64]*list.Element // guarded by mu; of *throttleWindow
	recent  list.List                // guarded by mu; the latest used in front
}

type throttleWindow struct {
	key    uint64
	begun  time.Time
	passed int
	held   int // back, since the last one that passed
}

// Throttle lets at most n events with one fingerprint pass in a time of per,
// which begins with the first of them. The rest count as [OutcomeThrottled],
// and their captures return ""; the next one that passes says how many there
// were, in the extra "suppressed".
//
// The fingerprint is the event's own [Fingerprint] if it has one. Else it is,
// for errors, the type of the captured error and the innermost in-app frame of
// its stack, and for anything else the message as it was given, without its
// parameters. The latest 1000 fingerprints are kept. An n below 1 and a per of
// zero or less are errors.
func Throttle(n int, per time.Duration) Option {
	return func(cfg *config) error {
		if n < 1 || per <= 0 {
			return fmt.Errorf("raven: Throttle(%d, %v): want at least 1 event in a time longer than 0", n, per)
		}
		cfg.throttle = &throttle{limit: n, per: per, seed: maphash.MakeSeed(), windows: make(map[uint64]*list.Element)}
		return nil
	}
}

// pass counts an event. It reports whether it may go on, and how many like it
// were held back before.
func (t *throttle) pass(key uint64) (suppressed int, ok bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.window(key, now)
	if now.Sub(w.begun) >= t.per {
		w.begun, w.passed = now, 0
	}
	if w.passed >= t.limit {
		w.held++
		return 0, false
	}
	w.passed++
	suppressed, w.held = w.held, 0
	return suppressed, true
}

// window needs the lock.
func (t *throttle) window(key uint64, now time.Time) *throttleWindow {
	if e, ok := t.windows[key]; ok {
		t.recent.MoveToFront(e)
		return e.Value.(*throttleWindow)
	}
	if len(t.windows) >= maxThrottleKeys {
		oldest := t.recent.Remove(t.recent.Back()).(*throttleWindow)
		delete(t.windows, oldest.key)
	}
	w := &throttleWindow{key: key, begun: now}
	t.windows[key] = t.recent.PushFront(w)
	return w
}

// giveBack takes back what pass said of an event that then did not go on.
func (t *throttle) giveBack(key uint64, suppressed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e, ok := t.windows[key]; ok {
		e.Value.(*throttleWindow).held += suppressed
	}
}

// throttleKey is the draft's fingerprint for a throttle.
func (d *draft) throttleKey(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	byDefault := len(d.ev.Fingerprint) == 0
	for _, s := range d.ev.Fingerprint {
		byDefault = byDefault || s == "{{ default }}" || s == "{{default}}"
		maphash.WriteComparable(&h, s)
	}
	switch n := len(d.ev.Exceptions); {
	case !byDefault:
	case n > 0:
		x := &d.ev.Exceptions[n-1]
		maphash.WriteComparable(&h, [2]string{x.Module, x.Type})
		if f := d.place(); f != nil {
			maphash.WriteComparable(&h, [2]string{f.Module, f.Function})
			maphash.WriteComparable(&h, f.Lineno)
		}
	default:
		maphash.WriteComparable(&h, d.ev.Message)
	}
	return h.Sum64()
}

// place returns the frame that tells errors of one type apart: of the outermost
// one that has a stack.
func (d *draft) place() *stack.Frame {
	for i := len(d.ev.Exceptions) - 1; i >= 0; i-- {
		if f := d.topFrame(d.ev.Exceptions[i].Stacktrace); f != nil {
			return f
		}
	}
	return nil
}

// topFrame returns the innermost in-app frame of a stack, or the innermost one
// if it has none in-app; nil if it has no frames.
func (d *draft) topFrame(s *Stacktrace) *stack.Frame {
	if s.empty() {
		return nil
	}
	for i := len(s.Frames) - 1; i >= 0; i-- {
		if s.Frames[i].InApp {
			f := s.Frames[i].plain()
			return &f
		}
	}
	if n := len(s.Frames); n > 0 {
		f := s.Frames[n-1].plain()
		return &f
	}
	for _, r := range s.found {
		if d.enc.isInApp(r.Module, r.InApp) {
			return &r.Frame
		}
	}
	return &s.found[0].Frame
}
