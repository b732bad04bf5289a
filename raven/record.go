package raven

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// Record records a breadcrumb with everybody whom it may concern: in each
// Context that ctx carries, whichever client's it is, or, if there is none, in
// that of the default client. Contexts that are not active don't receive it.
// What records, such as a database driver, thereby needs to know no client.
func Record(ctx context.Context, b Breadcrumb) {
	list := carriedBy(ctx)
	if list == nil {
		Default().record(ctx, b)
		return
	}
	if b.empty() {
		return
	}
	defer list.rc.client.containCrumb()
	late := lateValueOf(b)
	for l := list; l != nil; l = l.outer {
		l.rc.record(l.rc.client.newCrumb(b, late))
	}
}

func (c *Client) record(ctx context.Context, b Breadcrumb) {
	if !c.Enabled() || b.empty() || c.breadcrumbs <= 0 {
		return
	}
	if rc := c.scope(ctx); rc.Active() {
		defer c.containCrumb()
		rc.record(c.newCrumb(b, lateValueOf(b)))
	}
}

func (rc *Context) record(made crumb) {
	for {
		before := rc.now.Load()
		if !before.active {
			return
		}
		after := *before
		after.trail = after.trail.plus(made, rc.client.breadcrumbs)
		if rc.now.CompareAndSwap(before, &after) {
			return
		}
	}
}

func (c *Client) containCrumb() {
	if r := recover(); r != nil {
		c.complain("raven: the breadcrumb could not be recorded", fmt.Errorf("panic: %s", guard.Plain(r)))
	}
}
