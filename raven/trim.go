package raven

import (
	"cmp"
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
)

// maxEvent is how many bytes of JSON an event may have. Sentry refuses those of
// more than 1 MiB (protocol 2.4); the rest is for the envelope.
const maxEvent = 1_000_000

// trimStep leaves something out of an event that is its own to change. cut
// returns false once there is nothing left to leave out; excess is how many
// bytes there are too many.
type trimStep struct {
	name string
	cut  func(t *trimmer, excess int) bool
}

// trimSteps are taken in this order, until the event fits.
var trimSteps = []trimStep{
	{"breadcrumbs.data", (*trimmer).crumbData},
	{"extra", func(t *trimmer, excess int) bool { return largest(t, t.ev.Extra, t.enc.tight(), excess) }},
	{"frames.context", (*trimmer).frameContext},
	{"frames", (*trimmer).middleFrames},
	{"breadcrumbs", (*trimmer).oldestCrumbs},
	{"request.data", (*trimmer).requestData},
	{"contexts", func(t *trimmer, excess int) bool { return largest(t, t.ev.Contexts, jsonvalue.Loose, excess) }},
	{"interfaces", func(t *trimmer, excess int) bool { return largest(t, t.ev.Interfaces, jsonvalue.Loose, excess) }},
	{"params", (*trimmer).params},
	{"user.data", (*trimmer).userData},
	{"modules", (*trimmer).modules},
	{"text", (*trimmer).text},
}

// trimmer makes an event that is too large smaller.
type trimmer struct {
	ev  *Event
	enc *encoder
	buf []byte
}

// trim makes the draft's event fit. What was left out is named in the context
// "raven", where people see it in Sentry.
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
		b := &t.ev.Breadcrumbs[i]
		found = found || b.Data != nil
		b.Data = nil
	}
	return found
}

// notWorthIt is the size in bytes up to which a value is not left out.
const notWorthIt = 256

// largest replaces the largest values of a map by a note, as many as it takes.
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

// leftOut stands in the place of a value. It is an object because Sentry wants
// contexts to be some.
type leftOut struct {
	Bytes int `json:"left_out_bytes"`
}

func (t *trimmer) traces(do func(*Stacktrace) bool) bool {
	found := false
	if t.ev.Stacktrace != nil {
		found = do(t.ev.Stacktrace)
	}
	for i := range t.ev.Exceptions {
		if s := t.ev.Exceptions[i].Stacktrace; s != nil && do(s) {
			found = true
		}
	}
	for i := range t.ev.Threads {
		if s := t.ev.Threads[i].Stacktrace; s != nil && do(s) {
			found = true
		}
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

// middleFrames leaves the outermost and innermost frames: 50 of each stack at
// first, then 10.
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

func (t *trimmer) requestData(int) bool {
	if t.ev.Request == nil || t.ev.Request.Data == nil {
		return false
	}
	t.ev.Request.Data = nil
	return true
}

func (t *trimmer) params(int) bool {
	found := len(t.ev.Params) > 0
	if found {
		// The text stays; what it was made of goes.
		t.ev.Message = t.enc.Formatted(t.ev.Message, t.enc.Mask().Params(t.ev.Params), t.enc.tight())
		t.ev.Params = nil
	}
	return found
}

func (t *trimmer) userData(int) bool {
	if t.ev.User == nil || t.ev.User.Data == nil {
		return false
	}
	t.ev.User.Data = nil
	return true
}

func (t *trimmer) modules(int) bool {
	found := len(t.ev.Modules) > 0
	t.ev.Modules = nil
	return found
}
