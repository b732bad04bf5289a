package errchain

import (
	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// FindStacks gives each error its own stack and the first one the capture's if
// it has none. What an error has in common with one that it wraps is shown
// there alone, where the error was made: whoever wraps an error in each
// function would otherwise see the same calls as often.
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

// NearestStack returns the stack of an error or, if it has none, of the
// closest one that holds it: the nearest to where it was made.
func (c *Chain) NearestStack(id int) stack.Stack {
	for ; id >= 0; id = c.Links[id].Parent {
		if s := c.Links[id].Stack; s != nil {
			return s
		}
	}
	return nil
}

// Message returns the text of an error, which is asked for it once.
func (l *Link) Message() string {
	if !l.asked {
		l.text, l.asked = guard.Error(l.Err), true
	}
	return l.text
}

// OwnStack returns the stack that the error carries, or nil. It is asked once.
func (l *Link) OwnStack(a *stack.Arena) stack.Stack {
	if !l.looked {
		l.own, l.looked = l.Type.stackOf(l.Err, a), true
	}
	return l.own
}
