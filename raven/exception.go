package raven

import (
	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// addError sets the event's exceptions to the captured error and everything it
// unwraps to, the oldest first as the protocol wants it (protocol 5.2). The
// capture's stack goes to the error itself unless it brought its own.
func (d *draft) addError(calls stack.Stack, how *Mechanism) {
	d.shorten()
	d.findStacks(calls)
	start := len(d.exceptions)
	for id := len(d.links) - 1; id >= 0; id-- {
		l := &d.links[id]
		x := Exception{Value: l.message(), Stacktrace: d.trace(l.stack[:len(l.stack)-l.cut])}
		m := Mechanism{Type: "chained", Handled: how.Handled, Source: l.source(), ExceptionID: id, ParentID: max(l.parent, 0)}
		_, m.IsExceptionGroup = l.err.(interface{ Unwrap() []error })
		if id == 0 {
			m.Type = how.Type
		}
		d.leftOut(id, &m)
		x.Type, x.Module, m.GoType = l.kind.name, l.kind.module, l.kind.goType
		if wrapped := start + len(d.links) - 1 - l.cause; l.kind.anonymous && l.cause > 0 {
			x.Type, x.Module, m.GoType = d.exceptions[wrapped].Type, d.exceptions[wrapped].Module, l.kind.name
		} else if l.kind.anonymous {
			x.Type, x.Module, m.GoType = d.typeByPlace(l.kind, d.nearestStack(id))
		}
		d.addException(x, m)
	}
	d.ev.Exceptions = d.exceptions[start:]
}

func (d *draft) addException(x Exception, m Mechanism) {
	d.mechanisms = append(d.mechanisms, m)
	x.Mechanism = &d.mechanisms[len(d.mechanisms)-1]
	d.exceptions = append(d.exceptions, x)
}

// findStacks gives each error its own stack and the first one the capture's if
// it has none. What an error has in common with one that it wraps is shown
// there alone, where the error was made: whoever wraps an error in each
// function would otherwise see the same calls as often.
func (d *draft) findStacks(capture stack.Stack) {
	for id := range d.links {
		l := &d.links[id]
		l.stack = d.ownStack(l.err, l.kind)
		if id == 0 && l.stack == nil {
			l.stack = capture
		}
		if l.stack == nil || id == 0 {
			continue
		}
		for above := l.parent; above >= 0; above = d.links[above].parent {
			if outer := &d.links[above]; outer.stack != nil {
				outer.cut = max(outer.cut, outer.stack.Shared(l.stack))
				break
			}
		}
	}
}

// nearestStack returns the stack of an error or, if it has none, of the
// closest one that holds it: the nearest to where it was made.
func (d *draft) nearestStack(id int) stack.Stack {
	for ; id >= 0; id = d.links[id].parent {
		if stack := d.links[id].stack; stack != nil {
			return stack
		}
	}
	return nil
}

// addPanic sets the event's exceptions to the value of a recovered panic.
func (d *draft) addPanic(v any) {
	d.unhandled = false
	how := Mechanism{Type: "panic", Handled: &d.unhandled}
	stack := d.panicStack()
	if len(d.links) > 0 {
		d.addError(stack, &how)
		return
	}
	t := typeOf(v)
	x := Exception{Type: t.name, Module: t.module, Value: d.enc.Text(v, d.enc.tight()), Stacktrace: d.trace(stack)}
	if t.anonymous {
		x.Type, x.Module, how.GoType = d.typeByPlace(t, stack)
	}
	d.addException(x, how)
	d.ev.Exceptions = d.exceptions
}

// typeByPlace names an error whose type says nothing by the function that it
// comes from: the innermost one of the program on its stack, else the
// innermost that is not the runtime's or of the package that made the error.
func (d *draft) typeByPlace(t *errorType, calls stack.Stack) (name, module, goType string) {
	var from *stack.Call
	for _, r := range calls {
		if d.enc.isInApp(r.Module, r.InApp) {
			from = r
			break
		}
		if from == nil && r.Module != "runtime" && (t.module == "" || r.Module != t.module) {
			from = r
		}
	}
	if from == nil {
		return t.name, t.module, ""
	}
	return from.Place, from.Module, t.name
}

// message returns the text of an error, which is asked for it once.
func (l *link) message() string {
	if !l.asked {
		l.text, l.asked = guard.Error(l.err), true
	}
	return l.text
}
