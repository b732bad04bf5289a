package raven

import (
	"context"
	"sync/atomic"
)

// NewContext returns a Context for client and a ctx that carries it. Captures
// with that ctx, and with those derived from it, use the Context. It is active
// and starts as a copy, breadcrumbs included, of the client's Context in ctx or
// else of the client's own. Afterwards the two are independent.
//
// A ctx may carry Contexts of several clients; each client uses its own. For a
// nil client NewContext returns ctx and nil.
func NewContext(ctx context.Context, client *Client) (context.Context, *Context) {
	ctx = orBackground(ctx)
	if client == nil {
		return ctx, nil
	}
	rc := &Context{client: client}
	snapshot := *client.scope(ctx).now.Load()
	snapshot.active, snapshot.runs = true, 0
	rc.now.Store(&snapshot)
	return rc.bind(ctx), rc
}

// FromContext returns the Context that was added to ctx last; nil if there is
// none.
func FromContext(ctx context.Context) *Context {
	if list := carriedBy(ctx); list != nil {
		return list.rc
	}
	return nil
}

// Context returns the client's own Context. It is used where ctx carries none
// of the client's. All goroutines share it. It is active until it is
// deactivated.
func (c *Client) Context() *Context {
	if c == nil {
		return nil
	}
	return &c.own
}

// openContext initialises the client's own Context.
func (c *Client) openContext() {
	c.own.client = c
	c.own.now.Store(&contents{active: true, under: c.defaults})
}

// scope returns the Context for a capture.
func (c *Client) scope(ctx context.Context) *Context {
	for l := carriedBy(ctx); l != nil; l = l.outer {
		if l.rc.client == c {
			return l.rc
		}
	}
	return &c.own
}

// carried is the list of Contexts in a context.Context, one for each client,
// the latest first.
type carried struct {
	rc    *Context
	outer *carried
}

type carriedKey struct{}

// carriedBy returns the list in ctx. A ctx that panics, such as a nil pointer,
// has none.
func carriedBy(ctx context.Context) (list *carried) {
	if ctx == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			list = nil
		}
	}()
	list, _ = ctx.Value(carriedKey{}).(*carried)
	return list
}

// without returns the list without the Context of a client.
func (l *carried) without(c *Client) *carried {
	switch {
	case l == nil:
		return nil
	case l.rc.client == c:
		return l.outer
	}
	return &carried{rc: l.rc, outer: l.outer.without(c)}
}

// bind returns a context that carries rc instead of the same client's Context.
func (rc *Context) bind(ctx context.Context) context.Context {
	return context.WithValue(ctx, carriedKey{}, &carried{rc: rc, outer: carriedBy(ctx).without(rc.client)})
}

// fork returns a ctx with copies of the Contexts that it carries.
func fork(ctx context.Context) context.Context {
	list := carriedBy(ctx)
	if list == nil {
		ctx, _ = NewContext(ctx, Default())
		return ctx
	}
	return list.fork(ctx)
}

// fork replaces the Contexts of the list. The latest stays the latest.
func (l *carried) fork(ctx context.Context) context.Context {
	if l.outer != nil {
		ctx = l.outer.fork(ctx)
	}
	ctx, _ = NewContext(ctx, l.rc.client)
	return ctx
}

// UserContext merges a user into the client's Context in ctx, or into the
// client's own, as [Context.Merge] does.
func (c *Client) UserContext(ctx context.Context, u User) { c.merge(ctx, u) }

// HTTPContext merges a request; see [Client.UserContext].
func (c *Client) HTTPContext(ctx context.Context, r *Request) { c.merge(ctx, r) }

// ExtraContext merges extra data; see [Client.UserContext].
func (c *Client) ExtraContext(ctx context.Context, e Extra) { c.merge(ctx, e) }

// TagsContext merges tags; see [Client.UserContext].
func (c *Client) TagsContext(ctx context.Context, t Tags) { c.merge(ctx, t) }

func (c *Client) merge(ctx context.Context, value CaptureOption) {
	if c != nil {
		c.scope(ctx).Merge(value)
	}
}

var defaultClient atomic.Pointer[Client]

// SetDefault sets the client that the functions of this package use where ctx
// carries no [Context]; nil for none, which is the initial state. It is for
// main functions. Libraries should take a [Reporter].
func SetDefault(c *Client) { defaultClient.Store(c) }

// Default returns the default client. It is nil, and so disabled, if none was
// set.
func Default() *Client { return defaultClient.Load() }

// ClientFrom returns the client that the functions of this package use: the one
// whose Context was added to ctx last, else the default client; nil if there is
// none.
func ClientFrom(ctx context.Context) *Client {
	if rc := FromContext(ctx); rc != nil {
		return rc.client
	}
	return Default()
}
