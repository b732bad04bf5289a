package raven

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// materialize returns the complete event for functions that may change and keep
// it. It shares no memory with the draft or the caller, except for values
// behind pointers.
func (d *draft) materialize(w *wire) *Event {
	c := copier{enc: &d.enc}
	ev := c.event(&d.ev)
	ev.Level = cmp.Or(ev.Level, LevelError)
	ev.Platform = cmp.Or(ev.Platform, platform)
	if !d.bare && !d.complete {
		ev.ServerName = cmp.Or(ev.ServerName, w.defaults.ServerName)
		ev.Release = cmp.Or(ev.Release, w.defaults.Release)
		ev.Environment = cmp.Or(ev.Environment, w.defaults.Environment)
	}
	ev.Exceptions = slices.Clone(ev.Exceptions)
	mechanisms := make([]ownMechanism, len(ev.Exceptions))
	for i := range ev.Exceptions {
		x := &ev.Exceptions[i]
		x.Stacktrace, x.Mechanism = c.trace(x.Stacktrace), c.mechanism(x.Mechanism, &mechanisms[i])
	}
	ev.Stacktrace = c.trace(ev.Stacktrace)
	ev.Threads = slices.Clone(ev.Threads)
	for i := range ev.Threads {
		ev.Threads[i].Stacktrace = c.trace(ev.Threads[i].Stacktrace)
	}
	ev.Breadcrumbs = d.breadcrumbs(&c)
	ev.Contexts = d.contexts(w, ev.Contexts)
	if ev.Modules == nil && !d.bare && !d.complete {
		ev.Modules = maps.Clone(program.Modules())
	}
	if ev.Tags == nil {
		ev.Tags = Tags{}
	}
	if ev.Extra == nil {
		ev.Extra = Extra{}
	}
	return &ev
}

// adopt makes ev the draft's event, to be sent without additions. ev does not
// change.
func (d *draft) adopt(ev *Event) {
	d.ev, d.complete = *ev, true
	d.ownTags, d.ownExtra, d.ownContexts = false, false, false
	d.crumbs = emptied(d.crumbs)
}

// contexts adds the default contexts.
func (d *draft) contexts(w *wire, contexts Contexts) Contexts {
	if contexts == nil {
		contexts = Contexts{}
	}
	if d.bare || d.complete || w.dialect == store {
		return contexts
	}
	if _, given := contexts["runtime"]; !given {
		contexts["runtime"] = map[string]any{"name": goName, "version": goVersion}
	}
	if _, given := contexts["os"]; !given {
		contexts["os"] = map[string]any{"name": goOS}
	}
	return contexts
}

// breadcrumbs returns the event's own breadcrumbs, or those that were recorded.
func (d *draft) breadcrumbs(c *copier) []Breadcrumb {
	if d.ev.Breadcrumbs != nil || len(d.crumbs) == 0 {
		list := slices.Clone(d.ev.Breadcrumbs)
		for i := range list {
			list[i].Data = copyOf(c, list[i].Data)
		}
		return list
	}
	list := make([]Breadcrumb, len(d.crumbs))
	for i, crumb := range d.crumbs {
		list[i] = crumb.decoded()
	}
	return list
}

// decoded returns the breadcrumb from its JSON. Numbers in its data are int64
// or float64.
func (c crumb) decoded() Breadcrumb {
	var b struct {
		Timestamp float64
		Type      string
		Category  string
		Message   string
		Level     Level
		Data      map[string]any
	}
	dec := json.NewDecoder(bytes.NewReader(c.json))
	dec.UseNumber()
	if dec.Decode(&b) != nil {
		return Breadcrumb{} // cannot happen: the client wrote the JSON
	}
	numbered(b.Data)
	return Breadcrumb{
		Timestamp: time.UnixMicro(int64(math.Round(b.Timestamp * 1e6))),
		Type:      b.Type, Category: b.Category, Message: b.Message, Level: b.Level, Data: b.Data,
	}
}

// numbered replaces the numbers in decoded JSON by Go numbers.
func numbered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = numbered(v[k])
		}
	case []any:
		for i := range v {
			v[i] = numbered(v[i])
		}
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}

// copier copies events; [guard.Copier] copies the values in them.
type copier struct {
	guard.Copier
	enc *encoder // knows which frames are in-app
}

// copied returns an event that shares no maps and slices with ev, apart from
// exceptions, stack and breadcrumbs.
func copied(ev *Event) Event { return new(copier).event(ev) }

func copiedMap[M ~map[string]any](m M) M { return copyOf(new(copier), m) }

// copyOf takes no time if there is nothing to copy, the usual case.
func copyOf[T any](c *copier, v T) T {
	if r := reflect.ValueOf(v); (r.Kind() == reflect.Map || r.Kind() == reflect.Slice) && r.IsNil() {
		return v
	}
	return guard.Copy(&c.Copier, v)
}

// event copies the parts of an event that a Context may hold.
func (c *copier) event(ev *Event) Event {
	e := *ev
	e.Tags, e.Modules, e.Fingerprint = maps.Clone(ev.Tags), maps.Clone(ev.Modules), slices.Clone(ev.Fingerprint)
	e.Extra, e.Contexts, e.Interfaces = copyOf(c, ev.Extra), copyOf(c, ev.Contexts), copyOf(c, ev.Interfaces)
	e.Params, e.User, e.Request = copyOf(c, ev.Params), c.user(ev.User), c.request(ev.Request)
	return e
}

// trace returns a copy with the frames that were found, the outermost first.
func (c *copier) trace(s *Stacktrace) *Stacktrace {
	if s == nil {
		return nil
	}
	if len(s.Frames) > 0 {
		frames := slices.Clone(s.Frames)
		for i := range frames {
			f := &frames[i]
			f.PreContext, f.PostContext, f.Vars = slices.Clone(f.PreContext), slices.Clone(f.PostContext), copyOf(c, f.Vars)
		}
		return &Stacktrace{Frames: frames, known: slices.Clone(s.known)}
	}
	n := len(s.found)
	out := &Stacktrace{Frames: make([]Frame, n), known: make([]*stack.Call, n)}
	sourced := c.enc.withSource(s.found)
	for i, r := range s.found {
		c.enc.fill(&out.Frames[n-1-i], r, i <= sourced && c.enc.showsSource(s.found, i))
		out.known[n-1-i] = r
	}
	return out
}

// ownMechanism is the memory of a mechanism's copy.
type ownMechanism struct {
	Mechanism
	handled bool
}

func (c *copier) mechanism(m *Mechanism, own *ownMechanism) *Mechanism {
	if m == nil {
		return nil
	}
	own.Mechanism = *m
	if m.Handled != nil {
		own.handled = *m.Handled
		own.Handled = &own.handled
	}
	own.Data = copyOf(c, m.Data)
	return &own.Mechanism
}

func (c *copier) user(u *User) *User {
	if u == nil {
		return nil
	}
	v := *u
	v.Data = copyOf(c, u.Data)
	return &v
}

func (c *copier) request(r *Request) *Request {
	if r == nil {
		return nil
	}
	s := *r
	s.Headers, s.Env, s.Data = maps.Clone(r.Headers), maps.Clone(r.Env), copyOf(c, r.Data)
	return &s
}
