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

// Processor decides what of an event is sent; see [WithProcessors]. The set is
// closed: [SanitizePasswords], [SanitizeKeys], [RemovePostData],
// [RemoveStackLocals], and [ProcessorFunc] for everything else.
type Processor interface {
	install(r *rules) error
}

// ProcessorFunc is a [Processor] of one's own. It gets the complete event, with
// frames, breadcrumbs and what the client added, as a copy that it may change
// and keep, and returns what is to be sent: the same event, another, or nil to
// drop it. What it leaves out is not added again, except for what no event can
// be without: id, time, level, platform and sdk. Tags, Extra and Contexts are
// not nil. What the values in them point to is the caller's, and must not be
// changed.
//
// It sees secrets: what [SanitizePasswords] hides is hidden when the event is
// encoded, after every function, and that covers what functions add. A function
// that panics drops the event, since it may have been about to remove
// something; that counts as [OutcomeInvalid], nil as [OutcomeFiltered]. It must
// be safe for concurrent use. What it captures with the same client comes to it
// as well.
type ProcessorFunc func(ctx context.Context, ev *Event) *Event

// rules are what a client's options say about the content of its events. They
// never change once the client is made.
type rules struct {
	mask     *mask.Mask
	tight    jsonvalue.Limits // for what the reference's serialiser shortens
	noBody   bool
	noLocals bool
	chain    []namedFunc

	keys     []string // for mask
	defaults bool     // for mask
}

// namedFunc is a user's function, with what it is called in errors.
type namedFunc struct {
	name   string
	run    ProcessorFunc
	isNone error // what is said of an event for which it returned nil
}

var errProcessor = errors.New("a processor returned nil")

// newRules turns what options have gathered into rules.
func (cfg *config) newRules() *rules {
	r := &cfg.rules
	r.chain = slices.Concat(r.chain, cfg.beforeSend)
	r.mask = mask.New(r.keys, r.defaults || !cfg.noDefaultProcessors)
	return r
}

type sanitizePasswords struct{}

// SanitizePasswords is the processor that every client has unless
// [WithoutDefaultProcessors] says otherwise. It puts ******** in the place of
//   - what stands under a key that contains password, passwd, mysql_pwd, secret,
//     credential, api_key, private_key, auth, token, two_factor or sentry_dsn, or
//     the word otp, in whatever case and with or without _, -, blank or dot
//     between the words; author, authority and tokenizer are no such keys,
//   - the values of such keys in key=value, key: value and JSON texts, and in
//     cookies those of sessions,
//   - card numbers, US social security numbers and IBANs, and texts of 13 to 16
//     digits,
//   - what follows Bearer and Basic, and keys in PEM,
//   - the passwords of URLs.
//
// It looks at extra, tags, user, request, contexts, breadcrumbs, parameters,
// variables and interfaces, into maps, structs and lists of any depth. In
// messages and the texts of errors it hides numbers, credentials, passwords of
// URLs and such keys in the queries of URLs; in messages e-mail addresses too.
// It hides what Sentry's own scrubbing hides by default, but for the keys
// author, authority and tokenizer, and for prose with a word such as password
// in it; docs/privacy.md says how that is measured, and what it does not see.
func SanitizePasswords() Processor { return sanitizePasswords{} }

func (sanitizePasswords) install(r *rules) error {
	r.defaults = true
	return nil
}

type sanitizeKeys []string

// SanitizeKeys hides what stands under keys that contain one of keys, such as
// "pin", as [SanitizePasswords] does for its own. The keys of both are hidden.
// Having none, or an empty one, is an error.
func SanitizeKeys(keys ...string) Processor { return sanitizeKeys(slices.Clone(keys)) }

func (keys sanitizeKeys) install(r *rules) error {
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
}

type removePostData struct{}

// RemovePostData sends no request bodies: the field Data of [Request].
func RemovePostData() Processor { return removePostData{} }

func (removePostData) install(r *rules) error {
	r.noBody = true
	return nil
}

type removeStackLocals struct{}

// RemoveStackLocals sends no variables: the field Vars of [Frame].
func RemoveStackLocals() Processor { return removeStackLocals{} }

func (removeStackLocals) install(r *rules) error {
	r.noLocals = true
	return nil
}

func (fn ProcessorFunc) install(r *rules) error {
	if fn == nil {
		return errors.New("raven: WithProcessors: a function is nil")
	}
	r.chain = append(r.chain, namedFunc{"a processor", fn, errProcessor})
	return nil
}

// process hands the draft's event to the user's functions, in their order. The
// outcome is empty unless one of them drops it.
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

// call contains the panics of a user's function.
func (fn namedFunc) call(ctx context.Context, ev *Event) (out *Event, err error) {
	if r := guard.Do(func() { out = fn.run(ctx, ev) }); r != nil {
		err = fmt.Errorf("%s panicked: %s", fn.name, guard.Plain(r))
	}
	return out, err
}
