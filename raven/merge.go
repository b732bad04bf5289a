package raven

import (
	"cmp"
	"maps"
	"slices"
)

// overlay puts src over dst. Neither is changed unless *own says that dst is
// ours: a single source, the usual case, is not copied.
func overlay[M ~map[string]V, V any](dst, src M, own *bool) M {
	switch {
	case len(src) == 0:
		return dst
	case len(dst) == 0:
		*own = false
		return src
	case !*own:
		dst, *own = maps.Clone(dst), true
	}
	maps.Copy(dst, src)
	return dst
}

// merged returns a map with the entries of both, the later wins.
func merged[M ~map[string]V, V any](base, over M) M {
	var own bool
	return overlay(base, over, &own)
}

// set replaces *dst unless v says nothing.
func set(dst *string, v string) {
	if v != "" {
		*dst = v
	}
}

// mergeUser returns over merged into base, neither of which is changed.
func mergeUser(base, over *User) *User {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	u := *base
	set(&u.ID, over.ID)
	set(&u.Username, over.Username)
	set(&u.Email, over.Email)
	set(&u.Name, over.Name)
	set(&u.IPAddress, over.IPAddress)
	u.Data = merged(u.Data, over.Data)
	return &u
}

// mergeRequest returns over merged into base, neither of which is changed.
func mergeRequest(base, over *Request) *Request {
	if base == nil {
		return over
	}
	if over == nil {
		return base
	}
	r := *base
	set(&r.URL, over.URL)
	set(&r.Method, over.Method)
	set(&r.QueryString, over.QueryString)
	set(&r.Fragment, over.Fragment)
	set(&r.Cookies, over.Cookies)
	r.Headers = merged(r.Headers, over.Headers)
	r.Env = merged(r.Env, over.Env)
	if over.Data != nil {
		r.Data = over.Data
	}
	return &r
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
