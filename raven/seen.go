package raven

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/origin"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// wrapsSeen reports whether the error wraps one that was captured with the same
// Context before. The client's own Context, which unrelated work shares, does
// not count, and neither does a panic: a crash is more than the error that it
// began with.
func (d *draft) wrapsSeen(c *Client, what *subject) bool {
	if what.err == nil || d.scope == &c.own {
		return false
	}
	known := d.scope.seen.At(d.now)
	if known.Empty() {
		return false
	}
	for i := range d.chain.Links[1:] {
		l := &d.chain.Links[i+1]
		if l.Type.Pointer && l.Err != d.chain.Links[0].Err && known.Has(l.Err, seen.Ways) && !l.IsSentinel(c.sentinels, &d.stacks) {
			return true
		}
	}
	return false
}

// saidOtherwise reports whether the same error was captured in another way
// before: it was captured and then logged, or logged and then returned to Wrap.
// Two captures by the program are two events.
func (d *draft) saidOtherwise(c *Client, what *subject) bool {
	if what.err == nil {
		return false
	}
	first := &d.chain.Links[0]
	if first.Type.Pointer && d.scope != &c.own {
		known := d.scope.seen.At(d.now)
		if known.Has(first.Err, d.how) && !first.IsSentinel(c.sentinels, &d.stacks) {
			return true
		}
	}
	return c.recent.Awaits(d.how, d.now) && c.recent.Take(d.mark(c))
}

// memory is what was remembered of an event that is on its way. The tickets are
// 0 for nothing.
type memory struct {
	context        *seen.Errors
	ticket, marked uint32
}

// remember notes the captured error, once nothing but its delivery is left.
func (d *draft) remember(c *Client, what *subject) (m memory) {
	if len(d.chain.Links) == 0 {
		return m
	}
	if first := &d.chain.Links[0]; first.Type.Pointer && d.scope != &c.own {
		m.context, m.ticket = &d.scope.seen, d.scope.seen.Add(first.Err, d.how, d.now)
	}
	if what.err != nil {
		m.marked = c.recent.Add(d.mark(c))
	}
	return m
}

// forget undoes remember for an event that was lost.
func (m *memory) forget(c *Client) {
	if m.context != nil {
		m.context.Forget(m.ticket)
	}
	if m.marked != 0 {
		c.recent.Forget(m.marked)
	}
}

// mark describes the captured error.
func (d *draft) mark(c *Client) seen.Mark {
	first := &d.chain.Links[0]
	m := seen.Mark{Text: seen.Text(first.Message()), How: d.how, At: d.now, Stack: d.captureStack()}
	if !d.textOnly {
		m.Type = first.Type
		if first.Type.Pointer {
			m.Addr = reflect.ValueOf(first.Err).Pointer()
		}
	}
	if d.scope != &c.own {
		m.Context = reflect.ValueOf(d.scope).Pointer()
	}
	return m
}

func init() {
	origin.Logged, origin.LoggedText = CaptureOption(ofLog{}), CaptureOption(ofLog{textOnly: true})
}

// ofLog is the option of the adapters of logging libraries.
type ofLog struct{ textOnly bool }

func (o ofLog) apply(d *draft) { d.how, d.textOnly = seen.ByLog, o.textOnly }

// WithSentinels names errors that packages declare for all to return, such as
// gorm.ErrRecordNotFound. Two errors that wrap one of them have nothing else in
// common, so a [Context] takes neither for a repetition of the other, nor of
// the sentinel itself. Those of the standard library need not be named, and
// errors that are no pointers are never taken for a repetition. Given twice,
// the lists add up. A nil error is an error of [New].
func WithSentinels(errs ...error) Option {
	return func(cfg *config) error {
		for i, err := range errs {
			if err == nil {
				return fmt.Errorf("raven: WithSentinels: error %d is nil", i+1)
			}
		}
		if cfg.sentinels == nil {
			cfg.sentinels = make(map[error]bool)
		}
		maps.Copy(cfg.sentinels, errchain.Set(errs...))
		return nil
	}
}
