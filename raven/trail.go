package raven

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"
)

// trail is the latest breadcrumbs of a Context. It is never changed; a longer
// one shares what the two have in common. So that it does not keep what nobody
// will read, it consists of two lists: when the recent one is full it becomes
// the older one, whose predecessor is given up.
type trail struct {
	recent, older *step
	n             int // steps in recent; older, if there is one, is full
}

// step is a breadcrumb in a list, the latest first.
type step struct {
	crumb
	before *step
}

// plus returns the trail with one more breadcrumb, of which limit can be read.
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
// row only the first is given, as in the reference; when they happened does not
// count.
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
// rest can be compared, or one that is yet to be processed.
type crumb struct {
	json []byte
	rest int // where the rest begins
	late *lateCrumb
}

func newCrumb(b Breadcrumb) crumb {
	if b.Timestamp.IsZero() {
		b.Timestamp = time.Now()
	}
	if b.Process != nil {
		return crumb{late: newLateCrumb(b)}
	}
	return encodedCrumb(b)
}

func encodedCrumb(b Breadcrumb) crumb {
	d := newDraft()
	defer d.release()
	d.buf = appendCrumb(d.buf[:0], &d.enc, b)
	json := bytes.Clone(d.buf)
	return crumb{json: json, rest: bytes.IndexByte(json, ',')}
}

// lateCrumb is a breadcrumb with a Process function. Two things are avoided: to
// run it twice, and to wait for it, since it may itself capture something.
type lateCrumb struct {
	recorded atomic.Pointer[Breadcrumb] // until somebody processes it
	done     atomic.Pointer[crumb]
}

func newLateCrumb(b Breadcrumb) *lateCrumb {
	b.Data = copiedMap(b.Data)
	l := new(lateCrumb)
	l.recorded.Store(&b)
	return l
}

// process returns the processed breadcrumb, nil while somebody else is at it.
func (l *lateCrumb) process() *crumb {
	if b := l.recorded.Swap(nil); b != nil {
		made := encodedCrumb(processed(*b))
		l.done.Store(&made)
	}
	return l.done.Load()
}

// processed runs a breadcrumb's Process function on a copy.
func processed(b Breadcrumb) (result Breadcrumb) {
	result = b
	result.Data = copiedMap(b.Data)
	defer func() {
		if recover() != nil {
			result = b
		}
		if result.Timestamp.IsZero() {
			result.Timestamp = b.Timestamp
		}
	}()
	b.Process(&result)
	return result
}
