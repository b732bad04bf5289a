package raven

import (
	"fmt"
	"strconv"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	// maxExceptions bounds what an event shows of one error.
	maxExceptions = 100
	// maxUnwrapped bounds what one error may unwrap to. It also ends what no
	// cycle check can see, such as an Unwrap that makes a new error every time.
	maxUnwrapped = 10_000
	// maxKeptLinks bounds what one long chain leaves behind in the pool.
	maxKeptLinks = 1024
)

// link is an error among those that a captured error unwraps to.
type link struct {
	err    error
	parent int
	index  int  // in the parent's errors
	list   bool // the parent holds several

	kind    *errorType
	text    string // what Error returned, once it was asked
	asked   bool
	loops   bool // it holds an error that it was unwrapped from
	matched bool // it is ignored, or one of those that hold it is
	left    int  // errors that are left out between this one and the one before

	stack stack.Stack // its own, or for the first the capture's
	cut   int         // how many of the outermost calls an error below shows as well
	cause int         // the one error that it wraps, 0 for none
}

// unwrapAll fills the links with err and everything it unwraps to: depth
// first, so that the exceptions of a group follow each other. The rules that
// judge errors read the links, as the exceptions do.
func (d *draft) unwrapAll(err error) {
	todo := append(d.todo[:0], link{err: err, parent: -1})
	done := d.links[:0]
	d.endless = false
	for len(todo) > 0 && len(done) < maxUnwrapped {
		l := todo[len(todo)-1]
		todo[len(todo)-1] = link{}
		todo = todo[:len(todo)-1]
		if l.err == nil {
			continue
		}
		l.kind = typeOf(l.err)
		if repeats(done, l) {
			done[l.parent].loops = true
			continue
		}
		id := len(done)
		done = append(done, l)
		if l.parent >= 0 && !l.list {
			done[l.parent].cause = id
		}
		many, one := guard.Unwrap(l.err)
		if one != nil {
			todo = append(todo, link{err: one, parent: id})
		}
		d.endless = d.endless || len(many) > maxUnwrapped
		for i := min(len(many), maxUnwrapped) - 1; i >= 0; i-- {
			todo = append(todo, link{err: many[i], parent: id, index: i, list: true})
		}
	}
	d.endless = d.endless || len(todo) > 0
	d.todo, d.links = todo, done
}

// leaf reports whether an error holds no others.
func (d *draft) leaf(id int) bool { return id+1 == len(d.links) || d.links[id+1].parent != id }

// shorten leaves the middle of a long chain out: the outermost errors say what
// the program was doing, the innermost ones what went wrong.
func (d *draft) shorten() {
	n := len(d.links) - maxExceptions
	if n <= 0 {
		return
	}
	const head = maxExceptions / 2
	for i := range d.links[:head] {
		if l := &d.links[i]; l.cause >= head && l.cause < head+n {
			l.cause = 0
		}
	}
	for i := head + n; i < len(d.links); i++ {
		l := &d.links[i]
		l.cause = max(l.cause-n, 0)
		if l.parent >= head+n {
			l.parent -= n
			continue
		}
		whole := true // the chain between the two
		for l.parent >= head {
			whole = whole && !l.list && !d.links[l.parent].list
			l.parent, l.list = d.links[l.parent].parent, false
		}
		if outer := &d.links[l.parent]; whole && outer.cause == 0 && l.parent == head-1 {
			outer.cause = i - n
		}
	}
	d.links[head+n].left = n
	d.links = append(d.links[:head], d.links[head+n:]...)
	clear(d.links[len(d.links) : len(d.links)+n])
}

// leftOut says in the mechanism of an exception how many errors an event does
// not show.
func (d *draft) leftOut(id int, m *Mechanism) {
	if n := d.links[id].left; n > 0 {
		m.Description = fmt.Sprintf("%d errors that were unwrapped before this one are left out", n)
		m.Data = map[string]any{"left_out": n}
	}
	if d.endless && id == len(d.links)-1 {
		m.Description = fmt.Sprintf("errors that were unwrapped after this one are left out: there are more than %d", maxUnwrapped)
	}
}

func (l link) source() string {
	switch {
	case l.parent < 0:
		return ""
	case l.list:
		return "errors[" + strconv.Itoa(l.index) + "]"
	}
	return "cause"
}

// repeats reports whether an error stands among those that it was unwrapped
// from, of which the nearest are looked at. The same error in two branches is no
// cycle. Types that are comparable may hold values that are not; comparing those
// panics.
func repeats(done []link, l link) (yes bool) {
	if l.parent < 0 || !l.kind.comparable {
		return false
	}
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	for i, n := l.parent, 0; i >= 0 && n < maxExceptions; i, n = done[i].parent, n+1 {
		if done[i].kind == l.kind && done[i].err == l.err {
			return true
		}
	}
	return false
}
