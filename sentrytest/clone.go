package sentrytest

import (
	"bytes"
	"maps"
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Clone returns a copy that shares nothing which can be modified.
func (e Event) Clone() Event {
	e.LogEntry.Params = jsontree.CloneList(e.LogEntry.Params)
	e.LogEntry.Named = jsontree.CloneMap(e.LogEntry.Named)
	e.Exceptions = slices.Clone(e.Exceptions)
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		x.Mechanism = x.Mechanism.clone()
		x.Stacktrace, x.RawStacktrace = x.Stacktrace.clone(), x.RawStacktrace.clone()
	}
	e.Threads = slices.Clone(e.Threads)
	for i := range e.Threads {
		e.Threads[i].Stacktrace = e.Threads[i].Stacktrace.clone()
		e.Threads[i].HeldLocks = jsontree.CloneMap(e.Threads[i].HeldLocks)
	}
	e.Stacktrace = e.Stacktrace.clone()
	e.Breadcrumbs = slices.Clone(e.Breadcrumbs)
	for i := range e.Breadcrumbs {
		e.Breadcrumbs[i].Data = jsontree.CloneMap(e.Breadcrumbs[i].Data)
	}
	e.Tags = maps.Clone(e.Tags)
	e.Extra = jsontree.CloneMap(e.Extra)
	e.User.Data, e.User.Other = jsontree.CloneMap(e.User.Data), jsontree.CloneMap(e.User.Other)
	e.Request.Data = jsontree.CloneValue(e.Request.Data)
	e.Request.Cookies = maps.Clone(e.Request.Cookies)
	e.Request.Headers = e.Request.Headers.Clone()
	e.Request.Env = jsontree.CloneMap(e.Request.Env)
	e.Contexts = maps.Clone(e.Contexts)
	for name, context := range e.Contexts {
		e.Contexts[name] = jsontree.CloneMap(context)
	}
	e.Modules = maps.Clone(e.Modules)
	e.SDK = e.SDK.clone()
	e.Fingerprint = slices.Clone(e.Fingerprint)
	e.TimeSpent = clonePointer(e.TimeSpent)
	e.Template = e.Template.clone()
	e.DebugMeta, e.Report, e.Measurements = jsontree.CloneMap(e.DebugMeta), jsontree.CloneMap(e.Report), jsontree.CloneMap(e.Measurements)
	e.Errors = slices.Clone(e.Errors)
	for i, one := range e.Errors {
		e.Errors[i] = jsontree.CloneMap(one)
	}
	e.Spans = slices.Clone(e.Spans)
	for i := range e.Spans {
		span := &e.Spans[i]
		span.Tags, span.Data = maps.Clone(span.Tags), jsontree.CloneMap(span.Data)
	}
	e.Attachments = slices.Clone(e.Attachments)
	e.Problems = slices.Clone(e.Problems)
	e.Raw = bytes.Clone(e.Raw)
	e.Received = e.Received.clone()
	return e
}

func (m *Mechanism) clone() *Mechanism {
	m = clonePointer(m)
	if m != nil {
		m.Handled = clonePointer(m.Handled)
		m.ExceptionID = clonePointer(m.ExceptionID)
		m.ParentID = clonePointer(m.ParentID)
		m.Data, m.Meta = jsontree.CloneMap(m.Data), jsontree.CloneMap(m.Meta)
	}
	return m
}

func (s *Stacktrace) clone() *Stacktrace {
	s = clonePointer(s)
	if s == nil {
		return nil
	}
	s.Registers = maps.Clone(s.Registers)
	s.Frames = slices.Clone(s.Frames)
	for i := range s.Frames {
		f := &s.Frames[i]
		f.InApp = clonePointer(f.InApp)
		f.PreContext = slices.Clone(f.PreContext)
		f.PostContext = slices.Clone(f.PostContext)
		f.Vars, f.Lock = jsontree.CloneMap(f.Vars), jsontree.CloneMap(f.Lock)
	}
	return s
}

func (t *Template) clone() *Template {
	t = clonePointer(t)
	if t != nil {
		t.PreContext, t.PostContext = slices.Clone(t.PreContext), slices.Clone(t.PostContext)
	}
	return t
}

func (s SDK) clone() SDK {
	s.Features = slices.Clone(s.Features)
	s.Integrations = slices.Clone(s.Integrations)
	s.Packages = slices.Clone(s.Packages)
	return s
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
