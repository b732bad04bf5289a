package raven

import "context"

// scope is the context data of events that were captured in the same
// circumstances: what is merged under each of them.
type scope struct {
	tags    Tags
	extra   Extra
	user    *User
	request *Request
	crumbs  crumbs
}

// scope returns the scope for a capture: the client's own.
func (c *Client) scope(context.Context) *scope { return &c.shared }
