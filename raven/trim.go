package raven

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
)

// maxEvent is the limit for an event's JSON, in bytes. Sentry refuses more than
// 1 MiB; the rest is for the envelope.
const maxEvent = 1_000_000

// trimStep removes data from an event. cut returns false if there was nothing
// to remove; excess is the number of bytes too many.
type trimStep struct {
	name string
	cut  func(t *trimmer, excess int) bool
}

// trimSteps are taken in this order until the event fits.
var trimSteps = []trimStep{
	{"breadcrumbs.data", (*trimmer).crumbData},
	{"extra", func(t *trimmer, excess int) bool { return largest(t, t.ev.Extra, t.enc.tight(), excess) }},
	{"frames.context", (*trimmer).frameContext},
	{"frames", (*trimmer).middleFrames},
	{"breadcrumbs", (*trimmer).oldestCrumbs},
	{"request.data", func(t *trimmer, _ int) bool { return t.ev.Request != nil && removed(&t.ev.Request.Data) }},
	{"contexts", func(t *trimmer, excess int) bool { return largest(t, t.ev.Contexts, jsonvalue.Loose, excess) }},
	{"interfaces", func(t *trimmer, excess int) bool { return largest(t, t.ev.Interfaces, jsonvalue.Loose, excess) }},
	{"params", (*trimmer).params},
	{"user.data", func(t *trimmer, _ int) bool { return t.ev.User != nil && removed(&t.ev.User.Data) }},
	{"modules", func(t *trimmer, _ int) bool { return len(t.ev.Modules) > 0 && removed(&t.ev.Modules) }},
	{"text", (*trimmer).text},
}

// removed clears a field and reports whether it had a value.
func removed[T any](field *T) bool {
	v := reflect.ValueOf(field).Elem()
	had := !v.IsZero()
	v.SetZero()
	return had
}

// trimmer makes a too large event smaller.
type trimmer struct {
	ev  *Event
	enc *encoder
	buf []byte
}

// trim makes the draft's event fit. The context "raven" says what was removed.
func (c *Client) trim(d *draft) error {
	full := len(d.buf)
	t := &trimmer{ev: d.materialize(&c.wire), enc: &d.enc}
	var left []string
	for _, step := range trimSteps {
		for first := true; len(d.buf) > maxEvent && step.cut(t, len(d.buf)-maxEvent); first = false {
			if first {
				left = append(left, step.name)
			}
			d.adopt(t.ev)
			d.ev.Contexts = merged(t.ev.Contexts, Contexts{"raven": map[string]any{"trimmed": left, "size": full}})
			d.buf = c.wire.appendEvent(d.buf[:0], d)
		}
	}
	if len(d.buf) > maxEvent {
		return &TooLargeError{Size: len(d.buf), Limit: maxEvent}
	}
	return nil
}

func (t *trimmer) crumbData(int) bool {
	found := false
	for i := range t.ev.Breadcrumbs {
		found = removed(&t.ev.Breadcrumbs[i].Data) || found
	}
	return found
}

// notWorthIt is the size in bytes up to which values are kept.
const notWorthIt = 256

// largest replaces the largest values of a map by notes until excess is gone.
func largest[M ~map[string]any](t *trimmer, m M, lim jsonvalue.Limits, excess int) bool {
	type sized struct {
		key  string
		size int
	}
	var all []sized
	for key, v := range m {
		if _, done := v.(leftOut); done {
			continue
		}
		t.buf = t.enc.AppendValue(t.buf[:0], v, lim, 0)
		if len(t.buf) > notWorthIt {
			all = append(all, sized{key, len(t.buf)})
		}
	}
	slices.SortFunc(all, func(a, b sized) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.key, b.key))
	})
	for _, e := range all {
		if excess < 0 {
			break
		}
		m[e.key] = leftOut{Bytes: e.size}
		excess -= e.size
	}
	return len(all) > 0
}

// leftOut replaces a value. It is an object because Sentry requires contexts to
// be objects.
type leftOut struct {
	Bytes int `json:"left_out_bytes"`
}

func (t *trimmer) traces(do func(*Stacktrace) bool) bool {
	list := []*Stacktrace{t.ev.Stacktrace}
	for i := range t.ev.Exceptions {
		list = append(list, t.ev.Exceptions[i].Stacktrace)
	}
	for i := range t.ev.Threads {
		list = append(list, t.ev.Threads[i].Stacktrace)
	}
	found := false
	for _, s := range list {
		found = s != nil && do(s) || found
	}
	return found
}

func (t *trimmer) frameContext(int) bool {
	return t.traces(func(s *Stacktrace) bool {
		found := false
		for i := range s.Frames {
			f := &s.Frames[i]
			found = found || f.PreContext != nil || f.PostContext != nil || f.ContextLine != "" || f.Vars != nil
			f.PreContext, f.ContextLine, f.PostContext, f.Vars = nil, "", nil, nil
		}
		return found
	})
}

// middleFrames keeps the outermost and innermost 50 frames of each stack, the
// second time 10.
func (t *trimmer) middleFrames(int) bool {
	for _, n := range []int{50, 10} {
		if t.traces(func(s *Stacktrace) bool {
			if len(s.Frames) <= n {
				return false
			}
			s.Frames = slices.Concat(s.Frames[:n/2], s.Frames[len(s.Frames)-n/2:])
			return true
		}) {
			return true
		}
	}
	return false
}

func (t *trimmer) oldestCrumbs(excess int) bool {
	list := t.ev.Breadcrumbs
	for len(list) > 0 && excess >= 0 {
		t.buf = appendCrumb(t.buf[:0], t.enc, list[0])
		excess -= len(t.buf)
		list = list[1:]
	}
	found := len(list) < len(t.ev.Breadcrumbs)
	t.ev.Breadcrumbs = list
	return found
}

func (t *trimmer) params(int) bool {
	found := len(t.ev.Params) > 0
	if found {
		// Keep the text without the values.
		t.ev.Message = t.enc.Formatted(t.ev.Message, t.enc.Mask().Params(t.ev.Params), t.enc.tight())
		t.ev.Params = nil
	}
	return found
}
