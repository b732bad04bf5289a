package raven

import (
	"context"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
)

// The limits of Raven for Python, in characters.
const (
	maxCrumbMessage  = 1024
	maxCrumbCategory = 128
	maxCrumbLevel    = 16
)

func appendCrumb(dst []byte, e *encoder, b Breadcrumb) []byte {
	e.Restart()
	dst = append(dst, `{"timestamp":`...)
	dst = jsontext.AppendSeconds(dst, b.Timestamp)
	if b.Type == "" {
		b.Type = "default"
	}
	dst = jsontext.AppendStringField(dst, `,"type":`, b.Type)
	if b.Level != "" {
		word, _ := b.Level.canonical()
		dst = jsontext.AppendStringField(dst, `,"level":`, jsontext.FirstRunes(strings.ToLower(string(word)), maxCrumbLevel))
	}
	dst = jsontext.AppendStringField(dst, `,"message":`, e.Mask().Start(b.Message, maxCrumbMessage))
	dst = jsontext.AppendStringField(dst, `,"category":`, jsontext.FirstRunes(b.Category, maxCrumbCategory))
	if len(b.Data) > 0 {
		dst = e.AppendMap(append(dst, `,"data":`...), b.Data, jsonvalue.Loose)
	}
	return append(dst, '}')
}

// Record adds a breadcrumb to each active Context that ctx carries, of any
// client, or to that of the default client if ctx carries none. Code that
// records, such as a database driver, needs to know no client.
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
