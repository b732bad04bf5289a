package raven

import (
	"cmp"
	"maps"
	"slices"
)

// overlay puts src over dst. It changes dst only if *own is true. A single
// source, the usual case, is not copied.
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

// merged returns a map with the entries of both; over wins.
func merged[M ~map[string]V, V any](base, over M) M {
	var own bool
	return overlay(base, over, &own)
}

// either is cmp.Or for slices.
func either[S ~[]E, E any](first, second S) S {
	if first != nil {
		return first
	}
	return second
}

// mergeUser returns over merged into base. It changes neither.
func mergeUser(base, over *User) *User {
	if base == nil || over == nil {
		return cmp.Or(base, over)
	}
	return &User{
		ID:        cmp.Or(over.ID, base.ID),
		Username:  cmp.Or(over.Username, base.Username),
		Email:     cmp.Or(over.Email, base.Email),
		Name:      cmp.Or(over.Name, base.Name),
		IPAddress: cmp.Or(over.IPAddress, base.IPAddress),
		Data:      merged(base.Data, over.Data),
	}
}

// mergeRequest returns over merged into base. It changes neither.
func mergeRequest(base, over *Request) *Request {
	if base == nil || over == nil {
		return cmp.Or(base, over)
	}
	r := Request{
		URL:         cmp.Or(over.URL, base.URL),
		Method:      cmp.Or(over.Method, base.Method),
		QueryString: cmp.Or(over.QueryString, base.QueryString),
		Fragment:    cmp.Or(over.Fragment, base.Fragment),
		Cookies:     cmp.Or(over.Cookies, base.Cookies),
		Headers:     merged(base.Headers, over.Headers),
		Env:         merged(base.Env, over.Env),
		Data:        over.Data,
	}
	if r.Data == nil {
		r.Data = base.Data
	}
	return &r
}

// underlay puts the draft over circumstances: maps key by key, user and request
// field by field. Other fields that the draft has win.
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
	ev.Fingerprint = either(ev.Fingerprint, base.Fingerprint)
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

// over returns m with its empty fields taken from base.
func (m manner) over(base *manner) manner {
	if !m.stackGiven {
		m.withStack, m.stackGiven = base.withStack, base.stackGiven
	}
	m.rate = cmp.Or(m.rate, base.rate)
	m.auth = cmp.Or(m.auth, base.auth)
	m.site = cmp.Or(m.site, base.site)
	m.lazy = slices.Concat(base.lazy, m.lazy)
	return m
}
