package raven

import (
	"context"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/program"
)

// isEcho reports whether a capture comes of a record that a client has logged: a
// handler of the program's own is at one, has handed on its context or its message,
// or captures the error in it.
func (d *draft) isEcho(ctx context.Context, ev *Event) bool {
	if !guard.Logged() {
		return false
	}
	return guard.Own(ctx) || ev != nil && guard.OwnText(ev.Message) || slices.ContainsFunc(d.chain.Links, isOurs)
}

// isOurs reports whether an error is one of those by which the client says that an
// event was lost.
func isOurs(l errchain.Link) bool {
	return program.Below(l.Type.Module, transportPath) || program.Below(l.Type.Module, clientPath)
}

const (
	clientPath    = "github.com/ravenkit/ravenkit/raven"
	transportPath = "github.com/ravenkit/ravenkit/transport"
)
