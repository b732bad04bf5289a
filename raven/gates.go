package raven

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/gate"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
	"github.com/ravenkit/ravenkit/transport"
)

// suppressedKey is the extra with the number of throttled events.
const suppressedKey = "suppressed"

// WithSampleRate reports a random share of all captures, from 0, nothing, to 1,
// everything, the default. Another rate is an error. A [SampleRate] in a
// capture's options or in its Context overrides it. An event that is left out
// still has an id, and counts as [OutcomeSampled].
func WithSampleRate(rate float64) Option {
	return func(cfg *config) error {
		if !(rate >= 0 && rate <= 1) {
			return fmt.Errorf("raven: WithSampleRate(%v): want a number from 0 (nothing) to 1 (everything)", rate)
		}
		cfg.sampleRate = rate
		return nil
	}
}

// sampledOut decides whether an event is left out. Rates of 0 and 1 leave
// nothing to chance.
func (d *draft) sampledOut(c *Client) bool {
	rate := c.sampleRate
	if d.rate != nil {
		rate = float64(*d.rate)
	}
	kept := d.bare || rate >= 1 || rate > 0 && rand.Float64() < rate
	return !kept
}

// Throttle lets at most n events with one fingerprint pass in a window of
// length per, which starts with the first of them. The others count as
// [OutcomeThrottled], and their captures return "". The next event that passes
// has their number in the extra "suppressed".
//
// The fingerprint is the event's own [Fingerprint] if it has one. Otherwise it
// is, for errors, the type of the captured error and the innermost in-app frame
// of its stack, else the message without its parameters. The latest 1000
// fingerprints are kept. An n below 1 and a per of zero or less are errors.
func Throttle(n int, per time.Duration) Option {
	return func(cfg *config) error {
		if n < 1 || per <= 0 {
			return fmt.Errorf("raven: Throttle(%d, %v): want at least 1 event in a time longer than 0", n, per)
		}
		cfg.throttle = gate.NewThrottle(n, per)
		return nil
	}
}

// pastGates encodes an event unless it is throttled, sending is paused, or it
// is too large. An event dropped during a pause has a gist if its loss is
// logged.
func (c *Client) pastGates(d *draft, urgent bool) (p outgoing, drop Outcome, g *gist) {
	suppressed := 0
	if t := c.throttle; t != nil && !d.bare {
		key := d.throttleKey()
		var ok bool
		if suppressed, ok = t.Pass(key); !ok {
			return outgoing{}, Outcome{EventID: d.ev.EventID, Kind: OutcomeThrottled}, nil
		}
		defer func() {
			if suppressed > 0 && drop.Kind != "" {
				t.GiveBack(key, suppressed)
			}
		}()
	}
	if !urgent && c.holder == nil {
		if why := c.backoff.Try(); why != nil {
			if c.closed.Load() { // the pause no longer matters
				return outgoing{}, Outcome{EventID: d.ev.EventID, Kind: OutcomeClosed, Err: transport.ErrClosed}, nil
			}
			if c.logsLosses() {
				if p, err := c.pack(d); err == nil {
					g = &p.gist
				}
			}
			return outgoing{}, Outcome{EventID: d.ev.EventID, Kind: OutcomeBackoff, Err: why}, g
		}
	}
	if suppressed > 0 {
		Extra{suppressedKey: suppressed}.apply(d)
	}
	p, err := c.pack(d)
	if err != nil {
		return outgoing{}, Outcome{EventID: d.ev.EventID, Kind: OutcomeTooLarge, Err: err}, nil
	}
	c.addReport(p, d.now)
	return p, Outcome{}, nil
}

var throttleSeed = maphash.MakeSeed()

// throttleKey returns the draft's fingerprint for a throttle.
func (d *draft) throttleKey() uint64 {
	var h maphash.Hash
	h.SetSeed(throttleSeed)
	byDefault := len(d.ev.Fingerprint) == 0
	for _, s := range d.ev.Fingerprint {
		byDefault = byDefault || s == "{{ default }}" || s == "{{default}}"
		maphash.WriteComparable(&h, s)
	}
	switch n := len(d.ev.Exceptions); {
	case !byDefault:
	case n > 0:
		x := &d.ev.Exceptions[n-1]
		maphash.WriteComparable(&h, [2]string{x.Module, x.Type})
		if f := d.place(); f != nil {
			maphash.WriteComparable(&h, [2]string{f.Module, f.Function})
			maphash.WriteComparable(&h, f.Lineno)
		}
	default:
		maphash.WriteComparable(&h, d.ev.Message)
	}
	return h.Sum64()
}

// place returns the frame that distinguishes errors of one type: that of the
// outermost error with a stack.
func (d *draft) place() *stack.Frame {
	for i := len(d.ev.Exceptions) - 1; i >= 0; i-- {
		if f := d.topFrame(d.ev.Exceptions[i].Stacktrace); f != nil {
			return f
		}
	}
	return nil
}

// topFrame returns the innermost in-app frame of a stack, else the innermost
// frame; nil if there are none.
func (d *draft) topFrame(s *Stacktrace) *stack.Frame {
	if s.empty() {
		return nil
	}
	for i := len(s.Frames) - 1; i >= 0; i-- {
		if s.Frames[i].InApp {
			f := s.Frames[i].plain()
			return &f
		}
	}
	if n := len(s.Frames); n > 0 {
		f := s.Frames[n-1].plain()
		return &f
	}
	for _, r := range s.found {
		if d.enc.isInApp(r.Module, r.InApp) {
			return &r.Frame
		}
	}
	return &s.found[0].Frame
}

// pack encodes the draft for the client's endpoint. The error is a
// [*TooLargeError].
func (c *Client) pack(d *draft) (outgoing, error) {
	d.buf = c.wire.appendEvent(d.buf[:0], d)
	if len(d.buf) > maxEvent {
		if err := c.trim(d); err != nil {
			return outgoing{}, err
		}
	}
	p := &transport.Packet{URL: c.url, EventID: d.ev.EventID, Category: "error"}
	now := d.now
	if c.wire.dialect == store {
		p.Header = d.auth.over(storeHeader(c.dsn, now))
		p.Body = append(make([]byte, 0, len(d.buf)), d.buf...)
	} else {
		p.Header = d.auth.over(c.header)
		p.Body = appendEnvelope(d.ev.EventID, now, d.buf)
	}
	return outgoing{packet: p, fate: &fate{client: c, id: d.ev.EventID, gist: d.enc.gist.brief()}}, nil
}
