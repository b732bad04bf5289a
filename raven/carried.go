package raven

import (
	"context"
	"sync/atomic"
)

// NewContext returns a Context for client and a ctx that carries it: captures
// with that ctx, and with those that are derived from it, use it. It is active
// and starts with what is in the client's Context in ctx, else in the client's
// own, breadcrumbs included. From then on the two are apart: what is merged
// into a Context, or recorded, is seen in no other.
//
// A ctx may carry Contexts of several clients; each client finds its own. For
// a nil client NewContext returns ctx itself and nil.
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

// FromContext returns the Context that ctx carries, of several clients' the
// one that was put there last; nil if there is none.
func FromContext(ctx context.Context) *Context {
	if list := carriedBy(ctx); list != nil {
		return list.rc
	}
	return nil
}

// Context returns the client's own Context, which serves where ctx carries
// none of the client's. All goroutines share it. It is active until it is
// deactivated.
func (c *Client) Context() *Context {
	if c == nil {
		return nil
	}
	return &c.own
}

// openContext makes the client's own Context, as a client is made.
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

// carried is a list of Contexts in a context.Context, one for each client, the
// latest first.
type carried struct {
	rc    *Context
	outer *carried
}

type carriedKey struct{}

// carriedBy finds nothing in a ctx that panics, such as a nil pointer.
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

// bind returns a context that carries rc in place of another one of the same
// client.
func (rc *Context) bind(ctx context.Context) context.Context {
	return context.WithValue(ctx, carriedKey{}, &carried{rc: rc, outer: carriedBy(ctx).without(rc.client)})
}

// fork returns a ctx with new Contexts in place of those that it carries.
func fork(ctx context.Context) context.Context {
	list := carriedBy(ctx)
	if list == nil {
		ctx, _ = NewContext(ctx, Default())
		return ctx
	}
	return list.fork(ctx)
}

// fork replaces the Contexts of the list, the latest last, so that it stays the
// latest.
func (l *carried) fork(ctx context.Context) context.Context {
	if l.outer != nil {
		ctx = l.outer.fork(ctx)
	}
	ctx, _ = NewContext(ctx, l.rc.client)
	return ctx
}

// UserContext merges a user into the client's Context that ctx carries, or
// into the client's own if it carries none. It is short for Merge, as are
// HTTPContext, ExtraContext and TagsContext.
func (c *Client) UserContext(ctx context.Context, u User) { c.merge(ctx, u) }

// HTTPContext merges a request into the client's Context; see
// [Client.UserContext].
func (c *Client) HTTPContext(ctx context.Context, r *Request) { c.merge(ctx, r) }

// ExtraContext merges extra data into the client's Context; see
// [Client.UserContext].
func (c *Client) ExtraContext(ctx context.Context, e Extra) { c.merge(ctx, e) }

// TagsContext merges tags into the client's Context; see [Client.UserContext].
func (c *Client) TagsContext(ctx context.Context, t Tags) { c.merge(ctx, t) }

func (c *Client) merge(ctx context.Context, value CaptureOption) {
	if c != nil {
		c.scope(ctx).Merge(value)
	}
}

var defaultClient atomic.Pointer[Client]

// SetDefault makes c the client that the functions of this package use where
// their ctx carries no [Context]. There is none until then, and there is none
// again after SetDefault(nil). As in log/slog this is for programs, whose main
// function knows what the default is to be; libraries should ask for a
// [Reporter].
func SetDefault(c *Client) { defaultClient.Store(c) }

// Default returns the default client, nil if there is none. A nil *Client is a
// disabled one.
func Default() *Client { return defaultClient.Load() }

// ClientFrom returns the client that the functions of this package use: the one
// whose Context ctx carries, of several the one whose Context was put there
// last, else the default client; nil if there is none.
func ClientFrom(ctx context.Context) *Client {
	if rc := FromContext(ctx); rc != nil {
		return rc.client
	}
	return Default()
}
