package raven

import (
	"maps"
	"slices"
	"time"
)

// CaptureOption adds something to one event: [Tags], [Extra], [Contexts],
// [User], *[Request], [Level], [Params], [Fingerprint], [Culprit],
// [Transaction], [Logger], [Timestamp], [TimeSpent] or [Stack]. They are plain
// values, so they can be kept, passed on and combined. Two of the same kind
// merge key by key, the later wins; a nil one is skipped. The set is closed:
// nothing outside this package implements it.
type CaptureOption interface{ apply(*draft) }

// Tags are short texts by which Sentry indexes events (protocol 5.3).
type Tags map[string]string

// Extra is data of any type that Sentry shows beside an event. Values are sent
// as natural JSON under the reference client's limits: six levels deep, 50
// entries a list, map or struct, 400 characters a string (protocol 6.2). What
// JSON cannot say is sent as text; nothing that is put here can fail or panic
// a capture.
type Extra map[string]any

// Contexts are structured data by name: "runtime", "os", "device" and so on
// have a meaning to Sentry, others are shown as they are (protocol 5.2). A
// later context replaces an earlier one of the same name.
type Contexts map[string]any

// Params are the values of a message: with them, the message is an fmt
// template, and both the template and the values are sent, so that Sentry
// groups by the template. Without them a message is taken literally.
type Params []any

// Fingerprint replaces the rule by which Sentry decides which events are the
// same issue. "{{ default }}" stands for the built-in rule.
type Fingerprint []string

// Culprit names the place in the code. It displaces the [Transaction].
type Culprit string

// Transaction names what the program was doing, such as a route.
type Transaction string

// Logger names the part of the program that reports.
type Logger string

// Timestamp is when the event happened, if that is not now.
type Timestamp time.Time

// TimeSpent is how long the operation took. It is sent in milliseconds.
type TimeSpent time.Duration

// Stack says whether to record the stack of the capturing goroutine with an
// event that has no exceptions: the reference client's stack=True.
type Stack bool

func (o Tags) apply(d *draft)     { d.ev.Tags = overlay(d.ev.Tags, o, &d.ownTags) }
func (o Extra) apply(d *draft)    { d.ev.Extra = overlay(d.ev.Extra, o, &d.ownExtra) }
func (o Contexts) apply(d *draft) { d.ev.Contexts = overlay(d.ev.Contexts, o, &d.ownContexts) }

func (o Params) apply(d *draft) {
	if o != nil {
		d.ev.Params = o
	}
}

func (o Fingerprint) apply(d *draft) {
	if o != nil {
		d.ev.Fingerprint = o
	}
}

func (o Culprit) apply(d *draft)     { set(&d.ev.Culprit, string(o)) }
func (o Transaction) apply(d *draft) { set(&d.ev.Transaction, string(o)) }
func (o Logger) apply(d *draft)      { set(&d.ev.Logger, string(o)) }
func (o Timestamp) apply(d *draft)   { d.ev.Timestamp = time.Time(o) }
func (o TimeSpent) apply(d *draft)   { d.ev.TimeSpent = time.Duration(o) }
func (o Stack) apply(d *draft)       { d.stack = bool(o) }

// overlay puts src over dst. Neither is changed unless *own says that dst is
// ours: a single source, the usual case, is not copied.
func overlay[M ~map[string]V, V any](dst, src M, own *bool) M {
	switch {
	case len(src) == 0:
		return dst
	case len(dst) == 0:
		*own = false
		return src
	case !*own:
		dst, *own = maps.Clone(dst), true
	}
	maps.Copy(dst, src)
	return dst
}

// merged returns a map with the entries of both, the later wins.
func merged[M ~map[string]V, V any](base, over M) M {
	var own bool
	return overlay(base, over, &own)
}

// sortedKeys appends the keys of m to dst in order, so that the same event is
// the same bytes.
func sortedKeys[M ~map[string]V, V any](dst []string, m M) []string {
	start := len(dst)
	for k := range m {
		dst = append(dst, k)
	}
	slices.Sort(dst[start:])
	return dst
}
