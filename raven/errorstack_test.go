package raven_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"
	pkgerrors "github.com/pkg/errors"
)

// functions are those of an exception's frames, the innermost call first.
func functions(x object) []any {
	list, _ := x.at("stacktrace", "frames").([]any)
	names := make([]any, 0, len(list))
	for i := range list {
		names = append(names, object(list[len(list)-1-i].(map[string]any))["function"])
	}
	return names
}

func TestStackOfTheOrigin(t *testing.T) {
	g := NewWithT(t)
	values := exceptions(t, fmt.Errorf("up here: %w", origin()))
	g.Expect(functions(values[0])).To(Equal([]any{"origin", "TestStackOfTheOrigin", "tRunner"}))
	g.Expect(functions(values[1])).To(Equal([]any{"exceptions"}), "the stack of the capture without the calls of the origin")

	values = exceptions(t, pkgerrors.Wrap(errors.New("plain"), "wrapped"))
	g.Expect(values).To(HaveLen(3))
	g.Expect(functions(values[2])).To(Equal([]any{"TestStackOfTheOrigin", "tRunner"}), "its own")
}

//go:noinline
func layer(n int) error {
	if n == 0 {
		return pkgerrors.New("bottom")
	}
	return pkgerrors.WithStack(layer(n - 1))
}

// Every layer wraps with a stack, and each stack repeats those above it.
func TestRepeatedFramesAreShownOnce(t *testing.T) {
	g := NewWithT(t)
	values := exceptions(t, layer(3))
	g.Expect(values).To(HaveLen(4))
	g.Expect(functions(values[0])).To(Equal([]any{"layer", "layer", "layer", "layer", "TestRepeatedFramesAreShownOnce", "tRunner"}))
	for _, x := range values[1:] {
		g.Expect(x).NotTo(HaveKey("stacktrace"), "WithStack stands in the line of the call")
	}
}

func TestStackOfAnotherGoroutine(t *testing.T) {
	g := NewWithT(t)
	made := make(chan error)
	go func() { made <- origin() }()
	values := exceptions(t, fmt.Errorf("worker: %w", <-made))
	g.Expect(functions(values[0])).To(Equal([]any{"origin", "TestStackOfAnotherGoroutine.func1"}))
	g.Expect(functions(values[1])).To(Equal([]any{"exceptions", "TestStackOfAnotherGoroutine", "tRunner"}), "nothing in common")
}

func TestStackInAGroup(t *testing.T) {
	g := NewWithT(t)
	values := exceptions(t, errors.Join(origin(), errors.New("plain")))
	g.Expect(functions(values[0])).To(BeEmpty())
	g.Expect(functions(values[1])[0]).To(Equal("origin"))
	g.Expect(functions(values[2])).To(Equal([]any{"exceptions"}))
}

// The errors packages that people use carry their stacks in these shapes.
type (
	goErrors  struct{ pcStack } // go-errors: Callers and StackFrames
	structs   struct{ pcStack } // frames with a field of program counters
	fundament struct{ pcStack } // pkg/errors, pingcap: a slice of a type of their own
	xerror    struct {          // xerrors: a field, with its own counter first
		error
		frame xframe
	}
)

type (
	pcStack struct {
		error
		pcs []uintptr
	}
	xframe    struct{ frames [3]uintptr }
	structPC  struct{ ProgramCounter uintptr }
	counterPC uintptr
)

func (e *goErrors) Callers() []uintptr { return e.pcs }

func (e *goErrors) StackFrames() []string { return nil }

func (e structs) StackFrames() []structPC {
	var list []structPC
	for _, pc := range e.pcs {
		list = append(list, structPC{pc})
	}
	return list
}

func (e fundament) StackTrace() []counterPC {
	var list []counterPC
	for _, pc := range e.pcs {
		list = append(list, counterPC(pc))
	}
	return list
}

type broken struct{ error }

func (broken) StackTrace() []uintptr { panic("no stack") }

type other struct{ error }

func (other) StackTrace(int) string { return "something else altogether" }

//go:noinline
func newXerror() error {
	e := &xerror{error: errors.New("x")}
	runtime.Callers(0, e.frame.frames[:])
	return e
}

func TestStackCarriers(t *testing.T) {
	g := NewWithT(t)
	pcs := make([]uintptr, 10)
	pcs = pcs[:callers(pcs)]
	with := pcStack{errors.New("x"), pcs}
	for _, err := range []error{&goErrors{with}, structs{with}, fundament{with}} {
		g.Expect(functions(exceptions(t, err)[0])[0]).To(Equal("callers"), "%T", err)
	}
	g.Expect(functions(exceptions(t, newXerror())[0])).To(Equal([]any{"newXerror", "TestStackCarriers"}))
	with.pcs = nil
	for _, err := range []error{broken{errors.New("x")}, other{errors.New("x")}, fundament{with}, (*xerror)(nil)} {
		g.Expect(functions(exceptions(t, err)[0])[0]).To(Equal("exceptions"), "%T", err)
	}
}
