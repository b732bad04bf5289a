package api

import (
	"cmp"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func events(list []*store.Event) []wire.Event {
	out := make([]wire.Event, len(list))
	for i, e := range list {
		out[i] = e.Event
	}
	return out
}

func details(e *store.Event) wire.Details {
	c := e.Contents()
	d := wire.Details{Event: e.Event, Contents: contents(c), Problems: []wire.Problem{}, Findings: []wire.Finding{}, Attachments: attachments(e.Delivery)}
	for _, p := range c.Problems {
		d.Problems = append(d.Problems, wire.Problem{Path: p.Path, Reason: p.Reason})
	}
	g := c.GroupingPreview()
	d.Grouping = wire.Grouping{Why: g.Why, Components: append([]string{}, g.Components...)}
	for _, f := range c.Findings() {
		d.Findings = append(d.Findings, wire.Finding{Severity: f.Severity.String(), Path: f.Path, Rule: f.Rule, Value: f.Value, Message: f.Message})
	}
	return d
}

func attachments(d *store.Delivery) []wire.Attachment {
	out := []wire.Attachment{}
	for i, item := range d.Items {
		if item.Type == store.Attachment {
			out = append(out, wire.Attachment{
				Index: i, Filename: item.Filename, ContentType: item.ContentType, Type: cmp.Or(item.AttachmentType, "event.attachment"), Size: item.Size,
			})
		}
	}
	return out
}

func envelope(e sentrytest.Envelope) wire.Envelope {
	out := wire.Envelope{Header: e.Header, Items: []wire.EnvelopeItem{}}
	for _, item := range e.Items {
		out.Items = append(out.Items, wire.EnvelopeItem{Header: item.Header, Payload: item.Payload})
	}
	return out
}

func contents(e sentrytest.Event) wire.Contents {
	c := wire.Contents{
		Logger: e.Logger, ServerName: e.ServerName, Dist: e.Dist, Transaction: e.Transaction, Message: e.Message,
		Stacktrace: stacktrace(e.Stacktrace), Tags: e.Tags, Extra: e.Extra, User: user(e.User), Request: httpRequest(e.Request),
		Contexts: e.Contexts, Modules: e.Modules, Fingerprint: e.Fingerprint,
		Exception: values(e.Exceptions, exception), Threads: values(e.Threads, thread), Breadcrumbs: values(e.Breadcrumbs, breadcrumb),
	}
	if l := e.LogEntry; l.Message != "" || l.Formatted != "" {
		c.LogEntry = &wire.LogEntry{Message: l.Message, Params: l.Params, Named: l.Named, Formatted: l.Formatted}
	}
	return c
}

func values[T, W any](list []T, convert func(T) W) *wire.Values[W] {
	if len(list) == 0 {
		return nil
	}
	v := &wire.Values[W]{Values: make([]W, len(list))}
	for i, one := range list {
		v.Values[i] = convert(one)
	}
	return v
}

func exception(x sentrytest.Exception) wire.Exception {
	return wire.Exception{
		Type: x.Type, Value: x.Value, Module: x.Module, ThreadID: x.ThreadID, Mechanism: mechanism(x.Mechanism), Stacktrace: stacktrace(x.Stacktrace),
	}
}

func mechanism(m *sentrytest.Mechanism) map[string]any {
	if m == nil {
		return nil
	}
	out := map[string]any{}
	put(out, "type", m.Type)
	put(out, "description", m.Description)
	put(out, "help_link", m.HelpLink)
	put(out, "source", m.Source)
	put(out, "synthetic", m.Synthetic)
	put(out, "is_exception_group", m.IsExceptionGroup)
	put(out, "handled", m.Handled)
	put(out, "exception_id", m.ExceptionID)
	put(out, "parent_id", m.ParentID)
	if len(m.Data) > 0 {
		out["data"] = m.Data
	}
	return out
}

// put sets the key unless the value is the zero value.
func put[T comparable](m map[string]any, key string, value T) {
	if value != *new(T) {
		m[key] = value
	}
}

func stacktrace(s *sentrytest.Stacktrace) *wire.Stacktrace {
	if s == nil {
		return nil
	}
	out := &wire.Stacktrace{Frames: make([]wire.Frame, len(s.Frames))}
	for i, f := range s.Frames {
		out.Frames[i] = wire.Frame{
			Function: f.Function, Module: f.Module, Package: f.Package, Filename: f.Filename, AbsPath: f.AbsPath, Lineno: f.Lineno, Colno: f.Colno,
			InApp: f.InApp, PreContext: f.PreContext, ContextLine: f.ContextLine, PostContext: f.PostContext, Vars: f.Vars,
		}
	}
	return out
}

func thread(t sentrytest.Thread) wire.Thread {
	return wire.Thread{
		ID: t.ID, Name: t.Name, State: t.State, Crashed: t.Crashed, Current: t.Current, Main: t.Main, Stacktrace: stacktrace(t.Stacktrace),
	}
}

func breadcrumb(b sentrytest.Breadcrumb) wire.Breadcrumb {
	out := wire.Breadcrumb{Type: b.Type, Category: b.Category, Message: b.Message, Level: b.Level, Data: b.Data}
	if !b.Timestamp.IsZero() {
		out.Timestamp = &b.Timestamp
	}
	return out
}

func user(u sentrytest.User) map[string]any {
	out := map[string]any{}
	for k, v := range u.Other {
		out[k] = v
	}
	put(out, "id", u.ID)
	put(out, "username", u.Username)
	put(out, "email", u.Email)
	put(out, "name", u.Name)
	put(out, "ip_address", u.IPAddress)
	if len(u.Data) > 0 {
		out["data"] = u.Data
	}
	return out
}

func httpRequest(r sentrytest.HTTPRequest) *wire.HTTPRequest {
	if r.URL == "" && r.Method == "" && r.Data == nil && len(r.Headers) == 0 && len(r.Env) == 0 {
		return nil
	}
	return &wire.HTTPRequest{
		URL: r.URL, Method: r.Method, QueryString: r.QueryString, Fragment: r.Fragment, Data: r.Data, Cookies: r.Cookies, Headers: r.Headers, Env: r.Env,
	}
}
