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
// Context before. The client's own Context does not count, because unrelated
// work shares it. Panics are always reported.
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

// capturedOtherwise reports whether the same error was captured in another way
// before: it was captured and then logged, or logged and then returned to Wrap.
// Two captures by the program are two events.
func (d *draft) capturedOtherwise(c *Client, what *subject) bool {
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

// memory is what was remembered of an event that is being sent. A ticket of 0
// means nothing.
type memory struct {
	context        *seen.Errors
	ticket, marked uint32
}

// remember notes the captured error of an event that is ready to be sent.
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

// WithSentinels lists errors that packages declare as variables, such as
// gorm.ErrRecordNotFound. Errors that wrap the same sentinel may be unrelated,
// so a [Context] does not treat them as repetitions. The sentinels of the
// standard library and errors that are not pointers need not be listed. Given
// twice, the lists add up. A nil error is an error of [New].
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
