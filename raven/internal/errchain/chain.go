// Package errchain examines errors: which others they wrap, the names of their
// types, where they were made, and which are sentinels.
//
// It must not know events or clients.
package errchain

import (
	"fmt"
	"strconv"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	// MaxShown is how many errors of a chain are shown.
	MaxShown = 100
	// maxUnwrapped limits the errors in one error. An Unwrap that makes a new
	// error each time is not found by comparing.
	maxUnwrapped = 10_000
	// maxKept limits the memory of chains in the pool.
	maxKept = 1024
)

// Chain is an error and all errors that it wraps, depth first. The zero value
// is empty. It may be reused and is not safe for concurrent use.
type Chain struct {
	// Links are the errors; the first is the outermost.
	Links []Link

	todo    []Link
	endless bool // some errors are not among the links
}

// Link is an error of a Chain.
type Link struct {
	Err  error
	Type *Type
	// Parent is the index of the error that wraps this one, -1 for none.
	Parent int
	// Cause is the index of the single error that this one wraps, 0 for none.
	Cause int
	// Stack is where the error was made, or for the first where it was
	// captured; see [Chain.FindStacks].
	Stack stack.Stack
	// Cut is how many of the outermost calls a wrapped error shows as well.
	Cut int

	index   int    // in the parent's errors
	list    bool   // the parent wraps several
	text    string // the result of Error, if asked is true
	asked   bool
	own     stack.Stack // the carried stack, if looked is true
	looked  bool
	loops   bool // it wraps an error that wraps it
	matched bool // it or an error that wraps it is matched
	left    int  // errors left out between this one and the one before
}

// Reset removes the errors and keeps the memory.
func (c *Chain) Reset() {
	clear(c.Links)
	clear(c.todo)
	c.Links, c.todo = c.Links[:0], c.todo[:0]
}

// Large reports whether the chain holds more memory than most errors need.
func (c *Chain) Large() bool { return cap(c.Links)+cap(c.todo) > maxKept }

// Unwrap fills the chain with err and all errors that it wraps.
func (c *Chain) Unwrap(err error) {
	todo := append(c.todo[:0], Link{Err: err, Parent: -1})
	done := c.Links[:0]
	c.endless = false
	for len(todo) > 0 && len(done) < maxUnwrapped {
		l := todo[len(todo)-1]
		todo[len(todo)-1] = Link{}
		todo = todo[:len(todo)-1]
		if l.Err == nil {
			continue
		}
		l.Type = TypeOf(l.Err)
		if repeats(done, &l) {
			done[l.Parent].loops = true
			continue
		}
		id := len(done)
		done = append(done, l)
		if l.Parent >= 0 && !l.list {
			done[l.Parent].Cause = id
		}
		many, one := guard.Unwrap(l.Err)
		if one != nil {
			todo = append(todo, Link{Err: one, Parent: id})
		}
		c.endless = c.endless || len(many) > maxUnwrapped
		for i := min(len(many), maxUnwrapped) - 1; i >= 0; i-- {
			todo = append(todo, Link{Err: many[i], Parent: id, index: i, list: true})
		}
	}
	c.endless = c.endless || len(todo) > 0
	c.todo, c.Links = todo, done
}

// leaf reports whether an error wraps no others.
func (c *Chain) leaf(id int) bool { return id+1 == len(c.Links) || c.Links[id+1].Parent != id }

// OnEveryPath reports whether an error is matched on every path through the
// chain: an error that joins several is ignored only if each of them is.
func (c *Chain) OnEveryPath(match func(error) bool) bool {
	if len(c.Links) == 0 || c.endless {
		return false
	}
	for id := range c.Links {
		l := &c.Links[id]
		l.matched = l.Parent >= 0 && c.Links[l.Parent].matched || match(l.Err)
		if !l.matched && (l.loops || c.leaf(id)) {
			return false
		}
	}
	return true
}

// Shorten removes the middle of a long chain. The outermost errors say what the
// program was doing, the innermost ones what went wrong.
func (c *Chain) Shorten() {
	n := len(c.Links) - MaxShown
	if n <= 0 {
		return
	}
	const head = MaxShown / 2
	for i := range c.Links[:head] {
		if l := &c.Links[i]; l.Cause >= head && l.Cause < head+n {
			l.Cause = 0
		}
	}
	for i := head + n; i < len(c.Links); i++ {
		l := &c.Links[i]
		l.Cause = max(l.Cause-n, 0)
		if l.Parent >= head+n {
			l.Parent -= n
			continue
		}
		whole := true // each error between the two wraps only one
		for l.Parent >= head {
			whole = whole && !l.list && !c.Links[l.Parent].list
			l.Parent, l.list = c.Links[l.Parent].Parent, false
		}
		if outer := &c.Links[l.Parent]; whole && outer.Cause == 0 && l.Parent == head-1 {
			outer.Cause = i - n
		}
	}
	c.Links[head+n].left = n
	c.Links = append(c.Links[:head], c.Links[head+n:]...)
	clear(c.Links[len(c.Links) : len(c.Links)+n])
}

// LeftOut returns how many errors are left out before a link, and a text about
// them; "" for none.
func (c *Chain) LeftOut(id int) (n int, words string) {
	if n = c.Links[id].left; n > 0 {
		words = fmt.Sprintf("%d errors that were unwrapped before this one are left out", n)
	}
	if c.endless && id == len(c.Links)-1 {
		words = fmt.Sprintf("errors that were unwrapped after this one are left out: there are more than %d", maxUnwrapped)
	}
	return n, words
}

// Source returns the error's place in its parent: "cause" or "errors[0]".
func (l *Link) Source() string {
	switch {
	case l.Parent < 0:
		return ""
	case l.list:
		return "errors[" + strconv.Itoa(l.index) + "]"
	}
	return "cause"
}

// repeats reports whether an error is among the nearest that wrap it. The same
// error in two branches is no cycle.
func repeats(done []Link, l *Link) bool {
	if !l.Type.comparable {
		return false
	}
	for i, n := l.Parent, 0; i >= 0 && n < MaxShown; i, n = done[i].Parent, n+1 {
		if done[i].Type == l.Type && guard.Same(done[i].Err, l.Err) {
			return true
		}
	}
	return false
}
