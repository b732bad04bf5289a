package raven

import (
	"github.com/ravenkit/ravenkit/internal/guard"
)

// circumstances returns what the client's options put under every event, nil
// for nothing.
func (cfg *config) circumstances() *circumstances {
	if len(cfg.tags) == 0 && len(cfg.extra) == 0 && cfg.site == "" {
		return nil
	}
	return &circumstances{ev: Event{Tags: cfg.tags, Extra: cfg.extra}, manner: manner{site: cfg.site}}
}

// gather makes circumstances of options, and says what they say of activation.
// Lazy values stay lazy, or are called.
func gather(values []CaptureOption, lazy bool) (*circumstances, *bool) {
	d := newDraft()
	defer d.release()
	d.gathering = lazy
	for _, v := range values {
		if !guard.IsNilPointer(v) { // a nil *User is a CaptureOption too
			d.applyAll([]CaptureOption{v})
		}
	}
	activate := d.activate
	d.activate, d.callers, d.ev.Params = nil, nil, nil
	d.ev.EventID, d.ev.Exceptions, d.ev.Stacktrace, d.ev.Threads, d.ev.Breadcrumbs = "", nil, nil, nil, nil
	return &circumstances{ev: copied(&d.ev), manner: d.manner}, activate
}

// Lazy is values that are asked for when they are needed. Merged into a
// [Context] it is called for each event that is captured with it, and so can
// say what is not known before, such as how much of a request's body was read;
// what it returns counts as merged after everything else. As an option of a
// capture it is called at once. It is called for events that are sampled out
// too, since it may return a [SampleRate]. It may be called by several
// goroutines at a time. One that panics says nothing, and so does one that is
// returned by more than seven others in one another.
type Lazy func() []CaptureOption

// maxLazy is how many lazy values are called in one another.
const maxLazy = 8

func (o Lazy) apply(d *draft) {
	switch {
	case o == nil || d.lazyDepth == maxLazy:
	case d.gathering:
		d.lazy = append(d.lazy, o)
	default:
		d.lazyDepth++
		d.applyAll(o.values())
		d.lazyDepth--
	}
}

func (o Lazy) values() (values []CaptureOption) {
	guard.Do(func() { values = o() })
	return values
}

// settled returns circumstances with what their lazy values are now.
func (s *circumstances) settled() *circumstances {
	if s == nil || len(s.lazy) == 0 {
		return s
	}
	plain := *s
	plain.lazy = nil
	now := &plain
	for _, l := range s.lazy {
		added, _ := gather([]CaptureOption{l}, false)
		now = added.over(now)
	}
	return now
}
