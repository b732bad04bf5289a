package raven

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// Processor decides what of an event is sent; see [WithProcessors]. There are
// [SanitizePasswords], [SanitizeKeys], [RemovePostData], [RemoveStackLocals],
// and [ProcessorFunc] for everything else.
type Processor interface {
	install(r *rules) error
}

// ProcessorFunc is a custom [Processor]. It gets a copy of the complete event,
// with frames, breadcrumbs and the client's additions, and may change and keep
// it. It returns the event to send, the same or another, or nil to drop it.
// What it removes stays removed, except for required fields: id, time, level,
// platform and sdk. Tags, Extra and Contexts are not nil. Values behind
// pointers are the caller's; they must not be changed.
//
// It sees secrets. [SanitizePasswords] hides them later, when the event is
// encoded, including those that functions add. If a function panics, the event
// is dropped as [OutcomeInvalid], because the function may have been about to
// remove something. Nil counts as [OutcomeFiltered]. A ProcessorFunc must be
// safe for concurrent use. It also gets the events that it captures itself with
// the same client.
type ProcessorFunc func(ctx context.Context, ev *Event) *Event

// rules say how the content of a client's events is shown. They don't change
// once the client is made.
type rules struct {
	mask     *mask.Mask
	tight    jsonvalue.Limits // for extra, params and variables
	noBody   bool
	noLocals bool
	chain    []namedFunc

	keys     []string // for mask
	defaults bool     // for mask
}

// namedFunc is a function of the program with its name in errors.
type namedFunc struct {
	name   string
	run    ProcessorFunc
	isNone error // for an event for which it returned nil
}

var errProcessor = errors.New("a processor returned nil")

// rule is a processor that only changes rules.
type rule func(*rules) error

func (set rule) install(r *rules) error { return set(r) }

// SanitizePasswords is the default processor; [WithoutDefaultProcessors] turns
// it off. It puts ******** in place of
//   - the values of keys that contain password, passwd, mysql_pwd, secret,
//     credential, api_key, private_key, auth, token, two_factor or sentry_dsn,
//     or the word otp, in any case, with or without _, -, blank or dot between
//     words, but not of author, authority and tokenizer,
//   - the values of such keys in key=value, key: value and JSON texts, and the
//     values of session cookies,
//   - card numbers, US social security numbers and IBANs, and texts of 13 to 16
//     digits,
//   - what follows Bearer and Basic, and keys in PEM,
//   - the passwords of URLs.
//
// It covers extra, tags, user, request, contexts, breadcrumbs, parameters,
// variables and interfaces, and maps, structs and lists of any depth in them.
// In messages and error texts it hides numbers, credentials, passwords of URLs
// and the values of such keys in the queries of URLs; in messages also e-mail
// addresses. It hides all that Sentry's own scrubbing hides by default, except
// the keys author, authority and tokenizer, and sentences with a word such as
// password. docs/privacy.md has the measurements and the limits.
func SanitizePasswords() Processor {
	return rule(func(r *rules) error {
		r.defaults = true
		return nil
	})
}

// SanitizeKeys hides the values of keys that contain one of keys, such as
// "pin", wherever [SanitizePasswords] hides those of its keys. Both apply. No
// keys, or an empty one, is an error.
func SanitizeKeys(keys ...string) Processor {
	keys = slices.Clone(keys)
	return rule(func(r *rules) error {
		if len(keys) == 0 {
			return errors.New("raven: SanitizeKeys: no keys")
		}
		for _, key := range keys {
			if mask.Squeezed(key) == "" {
				return fmt.Errorf("raven: SanitizeKeys: the key %q would hide everything", key)
			}
		}
		r.keys = append(r.keys, keys...)
		return nil
	})
}

// RemovePostData sends no request bodies: the field Data of [Request].
func RemovePostData() Processor {
	return rule(func(r *rules) error {
		r.noBody = true
		return nil
	})
}

// RemoveStackLocals sends no variables: the field Vars of [Frame].
func RemoveStackLocals() Processor {
	return rule(func(r *rules) error {
		r.noLocals = true
		return nil
	})
}

func (fn ProcessorFunc) install(r *rules) error {
	if fn == nil {
		return errors.New("raven: WithProcessors: a function is nil")
	}
	r.chain = append(r.chain, namedFunc{"a processor", fn, errProcessor})
	return nil
}

// process calls the program's functions in order. The outcome is empty unless
// one of them drops the event.
func (c *Client) process(ctx context.Context, d *draft) Outcome {
	chain := c.rules.chain
	if len(chain) == 0 || d.bare {
		return Outcome{}
	}
	ev := d.materialize(&c.wire)
	id, at := ev.EventID, ev.Timestamp
	for _, fn := range chain {
		var err error
		if ev, err = fn.call(ctx, ev); err != nil {
			return Outcome{EventID: id, Kind: OutcomeInvalid, Err: err}
		}
		if ev == nil {
			return Outcome{EventID: id, Kind: OutcomeFiltered, Err: fn.isNone}
		}
	}
	d.adopt(ev)
	if d.ev.EventID = normalID(d.ev.EventID); d.ev.EventID == "" {
		d.ev.EventID = id
	}
	if d.ev.Timestamp.IsZero() {
		d.ev.Timestamp = at
	}
	return Outcome{}
}

// call returns a panic of the function as an error.
func (fn namedFunc) call(ctx context.Context, ev *Event) (out *Event, err error) {
	if r := guard.Do(func() { out = fn.run(ctx, ev) }); r != nil {
		err = fmt.Errorf("%s panicked: %s", fn.name, guard.Plain(r))
	}
	return out, err
}
