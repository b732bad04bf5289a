package raven

import (
	"maps"
	"reflect"
	"slices"
)

// copier copies maps and slices, whatever they hold, all the way down. What is
// held twice is held twice by the copy too, so that neither cycles nor small
// values that hold each other many times over do harm.
type copier struct {
	enc  *encoder // knows which frames are in_app
	seen map[visit]reflect.Value
}

// copied returns an event that shares no maps and slices with ev, exceptions,
// stack and breadcrumbs apart.
func copied(ev *Event) Event { return new(copier).event(ev) }

func copiedMap[M ~map[string]any](m M) M { return copyOf(new(copier), m) }

// copyOf copies a map, a list, or whatever an interface holds.
func copyOf[T any](c *copier, v T) T {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Map, reflect.Slice:
		if !r.IsNil() {
			out, _ := c.value(r).Interface().(T)
			return out
		}
	}
	return v
}

func (c *copier) value(r reflect.Value) reflect.Value {
	switch r.Kind() {
	case reflect.Interface:
		if r.IsNil() {
			return r
		}
		return c.value(r.Elem())
	case reflect.Map, reflect.Slice:
		if r.IsNil() {
			return r
		}
	default:
		return r
	}
	at := visit{address: r.Pointer(), typ: r.Type()}
	if r.Kind() == reflect.Slice {
		at.length = r.Len()
	}
	if made, ok := c.seen[at]; ok {
		return made
	}
	if c.seen == nil {
		c.seen = make(map[visit]reflect.Value)
	}
	if r.Kind() == reflect.Map {
		out := reflect.MakeMapWithSize(r.Type(), r.Len())
		c.seen[at] = out
		for iter := r.MapRange(); iter.Next(); {
			out.SetMapIndex(iter.Key(), c.value(iter.Value()))
		}
		return out
	}
	out := reflect.MakeSlice(r.Type(), r.Len(), r.Len())
	c.seen[at] = out
	reflect.Copy(out, r)
	if kind := r.Type().Elem().Kind(); kind == reflect.Interface || kind == reflect.Map || kind == reflect.Slice {
		for i := range r.Len() {
			out.Index(i).Set(c.value(r.Index(i)))
		}
	}
	return out
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
	out := &Stacktrace{Frames: make([]Frame, n), known: make([]*resolved, n)}
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
