package raven

import "context"

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
