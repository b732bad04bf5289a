package errchain

import (
	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// FindStacks sets the stack of each error, and the capture's for the first if
// it carries none. Calls that an error shares with one that it wraps are cut
// from it, so that they are shown once.
func (c *Chain) FindStacks(a *stack.Arena, capture stack.Stack) {
	for id := range c.Links {
		l := &c.Links[id]
		l.Stack = l.OwnStack(a)
		if id == 0 && l.Stack == nil {
			l.Stack = capture
		}
		if l.Stack == nil || id == 0 {
			continue
		}
		for above := l.Parent; above >= 0; above = c.Links[above].Parent {
			if outer := &c.Links[above]; outer.Stack != nil {
				outer.Cut = max(outer.Cut, outer.Stack.Shared(l.Stack))
				break
			}
		}
	}
}

// NearestStack returns the stack of an error, else of the nearest error with a
// stack that wraps it.
func (c *Chain) NearestStack(id int) stack.Stack {
	for ; id >= 0; id = c.Links[id].Parent {
		if s := c.Links[id].Stack; s != nil {
			return s
		}
	}
	return nil
}

// Message returns the error's text, which it gets once.
func (l *Link) Message() string {
	if !l.asked {
		l.text, l.asked = guard.Error(l.Err), true
	}
	return l.text
}

// OwnStack returns the stack that the error carries, or nil. It looks once.
func (l *Link) OwnStack(a *stack.Arena) stack.Stack {
	if !l.looked {
		l.own, l.looked = l.Type.stackOf(l.Err, a), true
	}
	return l.own
}
