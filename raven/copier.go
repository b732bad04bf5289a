package raven

import (
	"maps"
	"reflect"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// copier copies what an event is made of; see [guard.Copier] for the values in it.
type copier struct {
	guard.Copier
	enc *encoder // knows which frames are in_app
}

// copied returns an event that shares no maps and slices with ev, exceptions,
// stack and breadcrumbs apart.
func copied(ev *Event) Event { return new(copier).event(ev) }

func copiedMap[M ~map[string]any](m M) M { return copyOf(new(copier), m) }

// copyOf costs nothing where there is nothing to copy, as mostly.
func copyOf[T any](c *copier, v T) T {
	if r := reflect.ValueOf(v); (r.Kind() == reflect.Map || r.Kind() == reflect.Slice) && r.IsNil() {
		return v
	}
	return guard.Copy(&c.Copier, v)
}

// event copies what a Context may hold of an event.
func (c *copier) event(ev *Event) Event {
	e := *ev
	e.Tags, e.Modules, e.Fingerprint = maps.Clone(ev.Tags), maps.Clone(ev.Modules), slices.Clone(ev.Fingerprint)
	e.Extra, e.Contexts, e.Interfaces = copyOf(c, ev.Extra), copyOf(c, ev.Contexts), copyOf(c, ev.Interfaces)
	e.Params, e.User, e.Request = copyOf(c, ev.Params), c.user(ev.User), c.request(ev.Request)
	return e
}

// trace returns a copy with the frames that were found, the outermost
// first.
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
