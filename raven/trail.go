package raven

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// trail is the latest breadcrumbs of a Context. It never changes; a longer
// trail shares its steps. It consists of two lists so that old steps can be
// freed: when the recent list is full it becomes the older one, and the
// previous older one is dropped.
type trail struct {
	recent, older *step
	n             int // steps in recent; older is full if there is one
}

// step is a breadcrumb in a list, the latest first.
type step struct {
	crumb
	before *step
}

// plus returns the trail with one more breadcrumb. The latest limit can be
// read.
func (t trail) plus(c crumb, limit int) trail {
	if limit <= 0 {
		return t
	}
	if t.n == limit {
		t = trail{older: t.recent}
	}
	t.recent = &step{crumb: c, before: t.recent}
	t.n++
	return t
}

// appendTo appends the latest breadcrumbs, the oldest first. Of equal ones in a
// row only the first is kept, as in Raven for Python; times are not compared.
func (t trail) appendTo(dst []crumb, limit int) []crumb {
	start := len(dst)
	for s := t.recent; s != nil; s = s.before {
		dst = s.appendTo(dst)
	}
	for s := t.older; s != nil && t.n < limit; s = s.before {
		dst = s.appendTo(dst)
		t.n++
	}
	slices.Reverse(dst[start:])
	kept := dst[:start]
	for _, c := range dst[start:] {
		if n := len(kept); n > start && bytes.Equal(kept[n-1].json[kept[n-1].rest:], c.json[c.rest:]) {
			continue
		}
		kept = append(kept, c)
	}
	clear(dst[len(kept):])
	return kept
}

func (s *step) appendTo(dst []crumb) []crumb {
	if s.late == nil {
		return append(dst, s.crumb)
	}
	if c := s.late.process(); c != nil {
		return append(dst, *c)
	}
	return dst
}

// crumb is a recorded breadcrumb: JSON whose timestamp comes first, so that the
// rest can be compared, or one that is not processed yet.
type crumb struct {
	json []byte
	rest int // where the rest begins
	late *lateCrumb
}

// newCrumb returns the form of b for Contexts of the client. late runs b's
// Process function; nil if b has none.
func (c *Client) newCrumb(b Breadcrumb, late *lateValue) crumb {
	if b.Timestamp.IsZero() {
		b.Timestamp = time.Now()
	}
	if late != nil {
		return crumb{late: &lateCrumb{value: late, rules: &c.rules}}
	}
	return encodedCrumb(b, &c.rules)
}

func encodedCrumb(b Breadcrumb, r *rules) crumb {
	d := newDraft()
	defer d.release()
	d.enc.follow(r)
	d.buf = appendCrumb(d.buf[:0], &d.enc, b)
	json := bytes.Clone(d.buf)
	return crumb{json: json, rest: bytes.IndexByte(json, ',')}
}

// lateCrumb is a breadcrumb with a Process function, as one client sends it.
type lateCrumb struct {
	value *lateValue
	rules *rules
	tried atomic.Bool // a value that ends the goroutine does so only once
	done  atomic.Pointer[crumb]
}

// process returns the processed breadcrumb, nil while another goroutine
// processes it.
func (l *lateCrumb) process() *crumb {
	if l.done.Load() == nil {
		if b := l.value.process(); b != nil && !l.tried.Swap(true) {
			made := encodedCrumb(*b, l.rules)
			l.done.Store(&made)
		}
	}
	return l.done.Load()
}

// lateValue runs the Process function of a breadcrumb for all clients, once.
// Nobody waits for it, because it may itself capture something.
type lateValue struct {
	recorded atomic.Pointer[Breadcrumb] // until it is processed
	done     atomic.Pointer[Breadcrumb]
}

// lateValueOf returns nil for a breadcrumb that has no Process function.
func lateValueOf(b Breadcrumb) *lateValue {
	if b.Process == nil {
		return nil
	}
	return newLateValue(b)
}

// newLateValue is a separate function so that b is on the heap only here.
func newLateValue(b Breadcrumb) *lateValue {
	if b.Timestamp.IsZero() {
		b.Timestamp = time.Now()
	}
	b.Data = copiedMap(b.Data)
	l := new(lateValue)
	l.recorded.Store(&b)
	return l
}

func (l *lateValue) process() *Breadcrumb {
	if b := l.recorded.Swap(nil); b != nil {
		made := processed(*b)
		made.Data = copiedMap(made.Data)
		l.done.Store(&made)
	}
	return l.done.Load()
}

// processed runs a breadcrumb's Process function on a copy.
func processed(b Breadcrumb) Breadcrumb {
	result := b
	result.Data = copiedMap(b.Data)
	if guard.Do(func() { b.Process(&result) }) != nil {
		return b
	}
	if result.Timestamp.IsZero() {
		result.Timestamp = b.Timestamp
	}
	return result
}
