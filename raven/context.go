package raven

import (
	"context"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/seen"
)

// Context is data about the current work: user, request, tags and other options
// that are merged under every event captured with it, and the breadcrumbs that
// led there. It corresponds to the Context of Raven for Python. That belongs to
// a thread; this one travels in a [context.Context]. [NewContext] makes one.
// Where ctx carries none, the client's own is used, [Client.Context].
//
// A Context is safe for concurrent use. Captures do not lock it. All methods
// may be called on a nil *Context, which holds nothing.
//
// Only an active Context receives breadcrumbs. Events get its data whether it
// is active or not.
//
// A Context prevents repetitions: if an error was captured with it, a later
// error that wraps that one is not. So if several layers of a program wrap an
// error and report it, the first report counts. The Context remembers the
// latest 16 errors for five minutes, if they are pointers and were passed to
// the transport. It forgets errors whose events were lost. Other Contexts,
// derived ones included, do not know them. The client's own Context, which
// unrelated work shares, remembers nothing.
//
// Sentinels, errors that packages declare as variables such as sql.ErrNoRows,
// are no repetitions: errors that wrap the same sentinel may be unrelated. The
// client knows those of the standard library. It also recognises an error as a
// sentinel if it was captured twice, or carries the stack of a package's
// initialisation. [WithSentinels] lists others.
//
// Capturing an error twice makes two events. But an error that is captured and
// then logged through an adapter for a logging library, or returned to
// [Client.Wrap], makes one event; likewise in the other order. With a Context
// the error itself is compared. Without one, as in many loggers, and for errors
// that are not pointers, both must have the same text, come within five seconds
// of each other, and come from one function or from a function and one of its
// callers, direct or not.
type Context struct {
	client *Client
	now    atomic.Pointer[contents]
	seen   seen.Errors
}

// contents are the state of a Context. They never change, so Contexts can share
// them.
type contents struct {
	active bool
	runs   int            // calls of With that have not returned
	after  bool           // what active becomes when the last of them returns
	data   *circumstances // merged values; nil: none
	under  *circumstances // data over the client's own tags and so on
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

// update replaces the contents. change may run more than once.
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

// Activate makes the Context receive breadcrumbs.
func (rc *Context) Activate() { rc.setActive(true) }

// Deactivate makes the Context receive no more breadcrumbs. It keeps those that
// it has.
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
// The last leave deactivates it, but restores the state of the client's own
// Context unless that was changed meanwhile.
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

// Merge adds values to the Context: maps are merged key by key, [User] and
// [Request] field by field, other values replace those of the same kind. It
// activates the Context, unless Activate(false) is among the values.
//
// An event and the options of its capture override the Context. [Params] and
// [Callers] are left out, because they make sense for one event only.
//
// Maps and slices are copied, also in exported fields of structs. Values behind
// pointers and in unexported fields are shared and must not change.
func (rc *Context) Merge(values ...CaptureOption) {
	if rc == nil {
		return
	}
	added, activate := gather(values, true)
	rc.update(func(c *contents) {
		*c = c.with(added.over(c.data), rc.client)
		c.activate(activate == nil || *activate)
	})
}

// Set replaces all values merged into the Context. Its breadcrumbs stay, and so
// does whether it is active, unless [Activate] is among the values.
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

// Get returns a copy of the values merged into the Context, as an event without
// breadcrumbs. Values behind pointers are shared.
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

// Clear removes the merged values, the breadcrumbs and the memory of captured
// errors. It deactivates the Context if deactivate is true; without the
// argument, unless it is the client's own.
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

// With calls fn with a ctx that carries the Context. It activates the Context
// before and deactivates it afterwards, also if fn panics. Of concurrent calls
// the last to return deactivates it. The client's own Context is left as it was
// before, or as fn made it. On a nil Context With only calls fn.
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
