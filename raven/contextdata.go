package raven

import "github.com/ravenkit/ravenkit/internal/guard"

// circumstances returns what options add to every event, nil for nothing.
func (cfg *config) circumstances() *circumstances {
	if len(cfg.tags) == 0 && len(cfg.extra) == 0 && cfg.site == "" {
		return nil
	}
	return &circumstances{ev: Event{Tags: cfg.tags, Extra: cfg.extra}, manner: manner{site: cfg.site}}
}

// gather turns options into circumstances. It also returns the value of
// Activate. Lazy values are called unless lazy is true.
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

// Lazy returns values when they are needed. In a [Context] it is called for
// each event, so it can return what was not known before, such as how much of a
// request's body was read; its values are merged after everything else. As an
// option of a capture it is called at once. It is also called for events that
// are sampled out, since it may return a [SampleRate]. Calls may be concurrent.
// One that panics adds nothing. Lazy values may nest eight deep; deeper ones
// add nothing.
type Lazy func() []CaptureOption

// maxLazy is how deep lazy values may nest.
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

// settled returns circumstances with the values of their lazy ones.
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
