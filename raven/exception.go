package raven

import (
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// addError sets the event's exceptions to the captured error and all errors
// that it wraps, the oldest first. The error gets the capture's stack unless it
// carries one.
func (d *draft) addError(calls stack.Stack, how *Mechanism) {
	d.chain.Shorten()
	d.chain.FindStacks(&d.stacks, calls)
	start := len(d.exceptions)
	for id := len(d.chain.Links) - 1; id >= 0; id-- {
		l := &d.chain.Links[id]
		x := Exception{Value: l.Message(), Stacktrace: d.trace(l.Stack[:len(l.Stack)-l.Cut])}
		m := Mechanism{Type: "chained", Handled: how.Handled, Source: l.Source(), ExceptionID: id, ParentID: max(l.Parent, 0)}
		_, m.IsExceptionGroup = l.Err.(interface{ Unwrap() []error })
		if id == 0 {
			m.Type = how.Type
		}
		n, leftOut := d.chain.LeftOut(id)
		if m.Description = leftOut; n > 0 {
			m.Data = map[string]any{"left_out": n}
		}
		x.Type, x.Module, m.GoType = l.Type.Name, l.Type.Module, l.Type.GoType
		if wrapped := start + len(d.chain.Links) - 1 - l.Cause; l.Type.Anonymous && l.Cause > 0 {
			x.Type, x.Module, m.GoType = d.exceptions[wrapped].Type, d.exceptions[wrapped].Module, l.Type.Name
		} else if l.Type.Anonymous {
			x.Type, x.Module, m.GoType = d.typeByPlace(l.Type, d.chain.NearestStack(id))
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

// addPanic sets the event's exceptions to the value of a panic.
func (d *draft) addPanic(v any) {
	d.unhandled = false
	how := Mechanism{Type: "panic", Handled: &d.unhandled}
	stack := d.panicStack()
	if len(d.chain.Links) > 0 {
		d.addError(stack, &how)
		return
	}
	t := errchain.TypeOf(v)
	x := Exception{Type: t.Name, Module: t.Module, Value: d.enc.Text(v, d.enc.tight()), Stacktrace: d.trace(stack)}
	if t.Anonymous {
		x.Type, x.Module, how.GoType = d.typeByPlace(t, stack)
	}
	d.addException(x, how)
	d.ev.Exceptions = d.exceptions
}

// typeByPlace names an error whose type says nothing by the function that it
// comes from: the innermost in-app one on its stack, else the innermost that
// belongs neither to the runtime nor to the type's package.
func (d *draft) typeByPlace(t *errchain.Type, calls stack.Stack) (name, module, goType string) {
	var from *stack.Call
	for _, r := range calls {
		if d.enc.isInApp(r.Module, r.InApp) {
			from = r
			break
		}
		if from == nil && r.Module != "runtime" && (t.Module == "" || r.Module != t.Module) {
			from = r
		}
	}
	if from == nil {
		return t.Name, t.Module, ""
	}
	return from.Place, from.Module, t.Name
}
