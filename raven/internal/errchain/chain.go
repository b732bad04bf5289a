// Package errchain looks at errors: what one unwraps to, what their types are
// called, where they were made, and whether one is a name that a package
// declares for all to return.
//
// It knows errors and stacks. It must not know events or clients.
package errchain

import (
	"fmt"
	"strconv"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	// MaxShown bounds how many errors of a chain are shown.
	MaxShown = 100
	// maxUnwrapped bounds what one error may unwrap to. It also ends what no
	// cycle check can see, such as an Unwrap that makes a new error every time.
	maxUnwrapped = 10_000
	// maxKept bounds what one long chain leaves behind in the pool.
	maxKept = 1024
)

// Chain is an error and everything that it unwraps to: depth first, so that the
// errors that one holds follow it. The zero value is empty. It is used again
// for other errors, and is not safe for concurrent use.
type Chain struct {
	// Links are the errors. The first is the one that was unwrapped.
	Links []Link

	todo    []Link
	endless bool // not all that the error unwraps to is among the links
}

// Link is an error of a Chain.
type Link struct {
	Err  error
	Type *Type
	// Parent is the index of the error that holds this one, -1 for none.
	Parent int
	// Cause is the index of the one error that it wraps, 0 for none.
	Cause int
	// Stack is where it was made, or for the first where it was captured; see
	// [Chain.FindStacks].
	Stack stack.Stack
	// Cut is how many of the outermost calls an error below shows as well.
	Cut int

	index   int    // in the parent's errors
	list    bool   // the parent holds several
	text    string // what Error returned, once it was asked
	asked   bool
	own     stack.Stack // that it carries, once it was looked for
	looked  bool
	loops   bool // it holds an error that it was unwrapped from
	matched bool // it is matched, or one of those that hold it is
	left    int  // errors that are left out between this one and the one before
}

// Reset forgets the errors, and keeps the memory.
func (c *Chain) Reset() {
	clear(c.Links)
	clear(c.todo)
	c.Links, c.todo = c.Links[:0], c.todo[:0]
}

// Large reports whether the chain holds more memory than most errors need.
func (c *Chain) Large() bool { return cap(c.Links)+cap(c.todo) > maxKept }

// Unwrap fills the chain with err and everything it unwraps to.
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

// leaf reports whether an error holds no others.
func (c *Chain) leaf(id int) bool { return id+1 == len(c.Links) || c.Links[id+1].Parent != id }

// OnEveryPath reports whether an error is matched on every path through the
// chain: what a list of unwanted errors means, since one error among several
// that is worth a report makes all of them so.
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

// Shorten leaves the middle of a long chain out: the outermost errors say what
// the program was doing, the innermost ones what went wrong.
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
		whole := true // the chain between the two
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

// LeftOut returns how many errors are left out before a link, and says so in
// words; "" for none.
func (c *Chain) LeftOut(id int) (n int, words string) {
	if n = c.Links[id].left; n > 0 {
		words = fmt.Sprintf("%d errors that were unwrapped before this one are left out", n)
	}
	if c.endless && id == len(c.Links)-1 {
		words = fmt.Sprintf("errors that were unwrapped after this one are left out: there are more than %d", maxUnwrapped)
	}
	return n, words
}

// Source says how the parent holds the error: "cause" or "errors[0]".
func (l *Link) Source() string {
	switch {
	case l.Parent < 0:
		return ""
	case l.list:
		return "errors[" + strconv.Itoa(l.index) + "]"
	}
	return "cause"
}

// repeats reports whether an error stands among those that it was unwrapped
// from, of which the nearest are looked at. The same error in two branches is
// no cycle. Types that are comparable may hold values that are not; comparing
// those panics.
func repeats(done []Link, l *Link) (yes bool) {
	if l.Parent < 0 || !l.Type.comparable {
		return false
	}
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	for i, n := l.Parent, 0; i >= 0 && n < MaxShown; i, n = done[i].Parent, n+1 {
		if done[i].Type == l.Type && done[i].Err == l.Err {
			return true
		}
	}
	return false
}
