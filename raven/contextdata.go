package raven

import (
	"cmp"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// circumstances are what is added to an event that does not say otherwise: what
// a Context holds. They are never changed.
type circumstances struct {
	ev Event
	manner
}

// manner is what the options of a capture say about the capture, beside what
// they say about the event.
type manner struct {
	withStack  bool // as Stack says
	stackGiven bool
	rate       *SampleRate
	auth       authHeader
	site       string
	callers    Callers
	activate   *bool
	lazy       []Lazy
}

// circumstances returns what the client's options put under every event, nil
// for nothing.
func (cfg *config) circumstances() *circumstances {
	if len(cfg.tags) == 0 && len(cfg.extra) == 0 && cfg.site == "" {
		return nil
	}
	return &circumstances{ev: Event{Tags: cfg.tags, Extra: cfg.extra}, manner: manner{site: cfg.site}}
}

// over returns m with what it does not say itself taken from base.
func (m manner) over(base *manner) manner {
	if !m.stackGiven {
		m.withStack, m.stackGiven = base.withStack, base.stackGiven
	}
	if m.rate == nil {
		m.rate = base.rate
	}
	m.auth = cmp.Or(m.auth, base.auth)
	m.site = cmp.Or(m.site, base.site)
	m.lazy = slices.Concat(base.lazy, m.lazy)
	return m
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

// over returns s put over base.
func (s *circumstances) over(base *circumstances) *circumstances {
	if base == nil {
		return s
	}
	d := newDraft()
	defer d.release()
	d.ev, d.manner = s.ev, s.manner
	d.underlay(base)
	return &circumstances{ev: d.ev, manner: d.manner}
}

// underlay puts the draft over circumstances: maps key by key, user and request
// field by field, of anything else what the draft has.
func (d *draft) underlay(s *circumstances) {
	if s == nil {
		return
	}
	ev, base := &d.ev, &s.ev
	ev.Tags = overlay(base.Tags, ev.Tags, &d.ownTags)
	ev.Extra = overlay(base.Extra, ev.Extra, &d.ownExtra)
	ev.Contexts = overlay(base.Contexts, ev.Contexts, &d.ownContexts)
	ev.Interfaces = overlay(base.Interfaces, ev.Interfaces, &d.ownInterfaces)
	ev.User = mergeUser(base.User, ev.User)
	ev.Request = mergeRequest(base.Request, ev.Request)
	if ev.Timestamp.IsZero() {
		ev.Timestamp = base.Timestamp
	}
	ev.Level = cmp.Or(ev.Level, base.Level)
	ev.Logger = cmp.Or(ev.Logger, base.Logger)
	ev.Platform = cmp.Or(ev.Platform, base.Platform)
	ev.ServerName = cmp.Or(ev.ServerName, base.ServerName)
	ev.Release = cmp.Or(ev.Release, base.Release)
	ev.Environment = cmp.Or(ev.Environment, base.Environment)
	ev.Dist = cmp.Or(ev.Dist, base.Dist)
	ev.Culprit = cmp.Or(ev.Culprit, base.Culprit)
	ev.Transaction = cmp.Or(ev.Transaction, base.Transaction)
	ev.Message = cmp.Or(ev.Message, base.Message)
	ev.TimeSpent = cmp.Or(ev.TimeSpent, base.TimeSpent)
	if ev.Fingerprint == nil {
		ev.Fingerprint = base.Fingerprint
	}
	if ev.Modules == nil {
		ev.Modules = base.Modules
	}
	d.manner = d.over(&s.manner)
}
