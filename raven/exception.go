package raven

import (
	"fmt"
	"reflect"
	"strconv"
)

// maxExceptions bounds what one error may unwrap to. It also ends what no
// cycle check can see, such as an Unwrap that makes a new error every time.
const maxExceptions = 100

// link is an error on its way to becoming an exception.
type link struct {
	err    error
	parent int
	index  int  // in the parent's errors
	list   bool // the parent holds several
}

// addError sets the event's exceptions to err and everything it unwraps to:
// depth first, so that the exceptions of a group follow each other, and the
// oldest first as the protocol wants it (protocol 5.2). The capture's stack
// goes to err itself unless it brought its own.
func (d *draft) addError(err error, stack *Stacktrace, how *Mechanism) {
	todo := append(d.todo[:0], link{err: err, parent: -1})
	done := d.links[:0]
	for len(todo) > 0 && len(done) < maxExceptions {
		l := todo[len(todo)-1]
		todo[len(todo)-1] = link{}
		todo = todo[:len(todo)-1]
		if l.err == nil || repeats(done, l) {
			continue
		}
		id := len(done)
		done = append(done, l)
		many, one := unwrap(l.err)
		if one != nil {
			todo = append(todo, link{err: one, parent: id})
		}
		for i := min(len(many), maxExceptions) - 1; i >= 0; i-- {
			todo = append(todo, link{err: many[i], parent: id, index: i, list: true})
		}
	}
	d.todo, d.links = todo, done

	start := len(d.exceptions)
	for id := len(done) - 1; id >= 0; id-- {
		l := done[id]
		t := typeOf(l.err)
		x := Exception{Type: t.name, Module: t.module, Value: errorText(l.err), Stacktrace: d.ownStack(l.err, t)}
		_, group := l.err.(interface{ Unwrap() []error })
		m := Mechanism{Type: "chained", Handled: how.Handled, Source: l.source(), ExceptionID: id, ParentID: max(l.parent, 0), IsExceptionGroup: group}
		if id == 0 {
			m.Type = how.Type
			if x.Stacktrace == nil {
				x.Stacktrace = stack
			}
		}
		d.mechanisms = append(d.mechanisms, m)
		x.Mechanism = &d.mechanisms[len(d.mechanisms)-1]
		d.exceptions = append(d.exceptions, x)
	}
	d.ev.Exceptions = d.exceptions[start:]
}

// addPanic sets the event's exceptions to the value of a recovered panic.
func (d *draft) addPanic(v any) {
	d.unhandled = false
	how := Mechanism{Type: "panic", Handled: &d.unhandled}
	stack := d.panicCallers()
	if err, ok := v.(error); ok {
		d.addError(err, stack, &how)
		return
	}
	t := typeOf(v)
	d.mechanisms = append(d.mechanisms, how)
	d.exceptions = append(d.exceptions, Exception{
		Type: t.name, Module: t.module, Value: valueText(&d.enc, v),
		Stacktrace: stack, Mechanism: &d.mechanisms[len(d.mechanisms)-1],
	})
	d.ev.Exceptions = d.exceptions
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
// from. The same error in two branches is no cycle.
func repeats(done []link, l link) bool {
	if l.parent < 0 || !typeOf(l.err).comparable {
		return false
	}
	for i := l.parent; i >= 0; i = done[i].parent {
		if identical(done[i].err, l.err) {
			return true
		}
	}
	return false
}

// identical compares errors whose types are comparable but may hold values
// that are not.
func identical(a, b error) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a == b
}

// unwrap returns what an error holds. Cause is asked as well, since errors
// packages older than Unwrap are still about.
func unwrap(err error) (many []error, one error) {
	defer func() {
		if recover() != nil {
			many, one = nil, nil
		}
	}()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return nil, e.Unwrap()
	case interface{ Unwrap() []error }:
		return e.Unwrap(), nil
	case interface{ Cause() error }:
		return nil, e.Cause()
	}
	return nil, nil
}

func errorText(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = panicText(err, "Error", r)
		}
	}()
	return err.Error()
}

// valueText is the text of a panic's value, as e would encode it.
func valueText(e *encoder, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case fmt.Stringer:
		return guardedText(v, "String", v.String)
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return r.String()
	}
	return string(e.appendValue(nil, v, e.tight(), 0))
}
