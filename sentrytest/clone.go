package sentrytest

import (
	"bytes"
	"maps"
	"slices"
)

// Clone returns a copy that shares nothing which can be modified.
func (e Event) Clone() Event {
	e.LogEntry.Params = cloneList(e.LogEntry.Params)
	e.LogEntry.Named = cloneMap(e.LogEntry.Named)
	e.Exceptions = slices.Clone(e.Exceptions)
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		x.Mechanism = x.Mechanism.clone()
		x.Stacktrace, x.RawStacktrace = x.Stacktrace.clone(), x.RawStacktrace.clone()
	}
	e.Threads = slices.Clone(e.Threads)
	for i := range e.Threads {
		e.Threads[i].Stacktrace = e.Threads[i].Stacktrace.clone()
		e.Threads[i].HeldLocks = cloneMap(e.Threads[i].HeldLocks)
	}
	e.Stacktrace = e.Stacktrace.clone()
	e.Breadcrumbs = slices.Clone(e.Breadcrumbs)
	for i := range e.Breadcrumbs {
		e.Breadcrumbs[i].Data = cloneMap(e.Breadcrumbs[i].Data)
	}
	e.Tags = maps.Clone(e.Tags)
	e.Extra = cloneMap(e.Extra)
	e.User.Data, e.User.Other = cloneMap(e.User.Data), cloneMap(e.User.Other)
	e.Request.Data = cloneValue(e.Request.Data)
	e.Request.Cookies = maps.Clone(e.Request.Cookies)
	e.Request.Headers = e.Request.Headers.Clone()
	e.Request.Env = cloneMap(e.Request.Env)
	e.Contexts = maps.Clone(e.Contexts)
	for name, context := range e.Contexts {
		e.Contexts[name] = cloneMap(context)
	}
	e.Modules = maps.Clone(e.Modules)
	e.SDK = e.SDK.clone()
	e.Fingerprint = slices.Clone(e.Fingerprint)
	e.TimeSpent = clonePointer(e.TimeSpent)
	e.Template = e.Template.clone()
	e.DebugMeta, e.Report, e.Measurements = cloneMap(e.DebugMeta), cloneMap(e.Report), cloneMap(e.Measurements)
	e.Errors = slices.Clone(e.Errors)
	for i, one := range e.Errors {
		e.Errors[i] = cloneMap(one)
	}
	e.Spans = slices.Clone(e.Spans)
	for i := range e.Spans {
		span := &e.Spans[i]
		span.Tags, span.Data = maps.Clone(span.Tags), cloneMap(span.Data)
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
		m.Data, m.Meta = cloneMap(m.Data), cloneMap(m.Meta)
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
		f.Vars, f.Lock = cloneMap(f.Vars), cloneMap(f.Lock)
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

func cloneMap(m map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range m {
		m[k] = cloneValue(v)
	}
	return m
}

func cloneList(l []any) []any {
	l = slices.Clone(l)
	for i, v := range l {
		l[i] = cloneValue(v)
	}
	return l
}

// cloneValue copies a JSON value; its scalars are immutable.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneMap(v)
	case []any:
		return cloneList(v)
	}
	return v
}
