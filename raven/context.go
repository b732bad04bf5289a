package raven

import (
	"context"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// Context is what a program knows at a time about what it is doing: the user,
// the request, tags and so on, which are merged under every event that is
// captured meanwhile, and the breadcrumbs that led there. It is the reference
// client's Context for goroutines: where that one belongs to a thread, this
// one travels in a [context.Context]. [NewContext] makes one; outside of any,
// the client's own serves, [Client.Context].
//
// A Context is safe for any number of goroutines. Captures take no lock on it:
// its data is replaced, never changed. All methods may be called on a nil
// *Context, which holds nothing.
//
// A Context is active or it is not. Only an active one receives breadcrumbs;
// what is in it is added to events either way.
//
// An error that was captured with a Context is not captured with it again as
// part of another: of the layers of a program that each wrap an error and
// report it, the first is heard. The Context remembers the latest 16 errors,
// for five minutes, if they are pointers. It remembers what was handed to the
// transport, and forgets an event that was lost. Other Contexts, derived ones
// included, know nothing of it, and the client's own, which unrelated work
// shares, remembers nothing.
//
// Errors that a package declares for all to return, such as sql.ErrNoRows, are
// never taken for a repetition: two errors that wrap one of them have nothing
// else in common. The client knows those of the standard library, and takes an
// error that was captured twice, or that carries the stack of a package's
// initialisation, for one; others are for [WithSentinels].
//
// Capturing the same error twice makes two events. It is one event if a program
// captures an error and then logs it, through one of the adapters of logging
// libraries, or returns it to [Client.Wrap]; and the other way round. In a
// Context the error itself tells, as above. Loggers often have no context:
// without a Context, and for errors that are no pointers, the two have to come
// within five seconds of each other, with the same text, and from one function
// or from a function and one that it called.
type Context struct {
	client *Client
	now    atomic.Pointer[contents]
	seen   seen.Errors
}

// contents is what a Context holds at one time. It is never changed, so that
// Contexts can share it.
type contents struct {
	active bool
	runs   int            // calls of With that have not returned
	after  bool           // what active will be when the last of them has
	data   *circumstances // what was merged; nil: nothing
	under  *circumstances // the same over the client's own tags and so on, for captures
	trail  trail
}

// with returns contents with other data.
func (c contents) with(data *circumstances, client *Client) contents {
	c.data, c.under = data, client.defaults
	if data != nil {
		c.under = data.over(client.defaults)
	}
	return c
}

// update replaces the contents with what change makes of them. change may run
// more than once.
func (rc *Context) update(change func(*contents)) {
	for {
		before := rc.now.Load()
		after := *before
		change(&after)
		if after == *before || rc.now.CompareAndSwap(before, &after) {
			return
		}
	}
}

// Activate lets the Context receive breadcrumbs.
func (rc *Context) Activate() { rc.setActive(true) }

// Deactivate ends that the Context receives breadcrumbs. Those that it has
// stay, as does everything else.
func (rc *Context) Deactivate() { rc.setActive(false) }

func (rc *Context) setActive(active bool) {
	if rc != nil {
		rc.update(func(c *contents) { c.activate(active) })
	}
}

func (c *contents) activate(active bool) { c.active, c.after = active, active }

// Active reports whether the Context receives breadcrumbs.
func (rc *Context) Active() bool { return rc != nil && rc.now.Load().active }

// enter and leave are the two ends of With. The Context is active in between.
// The last one to leave deactivates it, unless it is the client's own: that one
// is left as it was found, or as it was made meanwhile.
func (rc *Context) enter() {
	rc.update(func(c *contents) {
		if c.runs == 0 {
			c.after = c.active
		}
		c.runs++
		c.active = true
	})
}

func (rc *Context) leave() {
	rc.update(func(c *contents) {
		if c.runs--; c.runs == 0 {
			c.active = c.after && rc == &rc.client.own
		}
	})
}

// Merge adds values to the Context, over those of the same kind that it has:
// maps key by key, [User] and [Request] field by field, anything else in place
// of what was there. It activates the Context, unless Activate(false) is among
// the values.
//
// Values that an event or the options of its capture set themselves win over
// the Context's. [Params] and [Callers], which make sense for one event only,
// are left out.
//
// Maps and slices are copied, those in the exported fields of structs too. What
// pointers lead to is not, nor what unexported fields hold, and must not be
// changed any more.
func (rc *Context) Merge(values ...CaptureOption) {
	if rc == nil {
		return
	}
	added, activate := gather(values, true)
	if activate == nil {
		activate = &always
	}
	rc.update(func(c *contents) {
		*c = c.with(added.over(c.data), rc.client)
		c.activate(*activate)
	})
}

var always = true

// Set replaces everything that was merged into the Context. Its breadcrumbs
// stay, and so does whether it is active unless [Activate] is among the
// values.
func (rc *Context) Set(values ...CaptureOption) {
	if rc == nil {
		return
	}
	set, activate := gather(values, true)
	rc.update(func(c *contents) {
		*c = c.with(set, rc.client)
		if activate != nil {
			c.activate(*activate)
		}
	})
}

// Get returns a copy of what was merged into the Context, as an event; without
// breadcrumbs. What values that are pointers lead to is shared.
func (rc *Context) Get() *Event {
	if rc == nil {
		return new(Event)
	}
	data := rc.now.Load().data
	if data == nil {
		return new(Event)
	}
	ev := copied(&data.ev)
	return &ev
}

// Clear removes what was merged into the Context, its breadcrumbs and its
// memory of the errors that were captured. The Context is deactivated too if
// deactivate is true; without the argument, unless it is the client's own.
func (rc *Context) Clear(deactivate ...bool) {
	if rc == nil {
		return
	}
	ends := rc != &rc.client.own
	if len(deactivate) > 0 {
		ends = deactivate[0]
	}
	rc.update(func(c *contents) {
		*c = contents{active: c.active && !ends, runs: c.runs, after: c.after && !ends}.with(nil, rc.client)
	})
	rc.seen.Clear()
}

// With calls fn with a ctx that carries the Context. The Context is activated
// before and deactivated afterwards, also if fn panics: by the call that
// returns last, if several run at a time. The client's own Context is left as
// it was before, or as fn made it. On a nil Context With only calls fn.
func (rc *Context) With(ctx context.Context, fn func(ctx context.Context)) {
	ctx = orBackground(ctx)
	if rc == nil {
		fn(ctx)
		return
	}
	rc.enter()
	defer rc.leave()
	fn(rc.bind(ctx))
}

// Activate says whether [Context.Merge] and [Context.Set] activate the
// Context. On a capture it has no effect.
type Activate bool

func (o Activate) apply(d *draft) { d.activate = (*bool)(&o) }
