package stack_test

import (
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

func counters() []uintptr {
	pcs := make([]uintptr, 16)
	return pcs[:runtime.Callers(2, pcs)]
}

// The closures of one function are the calls of these tests.
var inner = func() []uintptr { return counters() }

func TestOf(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	s := a.Of(inner())
	g.Expect(s[0].Module).To(Equal("github.com/ravenkit/ravenkit/raven/internal/stack_test"))
	g.Expect(s[0].Function).To(Equal("init.func1"))
	g.Expect(s[0].Filename).To(HaveSuffix("/stack_test.go"))
	g.Expect(s[0].InApp).To(BeTrue())
	g.Expect(string(s[0].JSON)).To(HavePrefix(`{"function":"init.func1","module":"github.com/ravenkit`))
	g.Expect(s[1].Function).To(Equal("TestOf"))
	g.Expect(s[len(s)-1].Function).NotTo(Equal("goexit"), "the start of the goroutine is left out")
	g.Expect(a.Of(nil)).To(BeNil())
	g.Expect(stack.Resolve(s[1].PC())).To(BeIdenticalTo(s[1]), "a program counter is resolved once")
}

func TestArenaIsUsedAgain(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	pcs := inner()
	first := a.Of(pcs)
	g.Expect(testing.AllocsPerRun(10, func() { a.Reset(); a.Of(pcs) })).To(BeZero())
	a.Reset()
	g.Expect(a.Of(pcs)).To(Equal(first))
	g.Expect(a.Large()).To(BeFalse())
	for range 100 {
		a.Of(pcs)
	}
	g.Expect(a.Large()).To(BeFalse())
	for range 1000 {
		a.Of(pcs)
	}
	g.Expect(a.Large()).To(BeTrue())
}

func TestPanic(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	var s stack.Stack
	func() {
		defer func() { _ = recover() }()
		defer func() { s = recovering(&a) }()
		var none []int
		_ = none[len(none)]
	}()
	g.Expect(s[0].Function).To(Equal("TestPanic.func1"), "without the calls of the recovery and of the runtime")
}

func recovering(a *stack.Arena) stack.Stack { return nested(a) }
func nested(a *stack.Arena) stack.Stack     { return a.Panic() }

func TestSharedAndNear(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	var here, there, deeper stack.Stack
	func() {
		here = a.Of(counters())
		there = a.Of(counters())
		deeper = a.Of(inner())
	}()
	g.Expect(here.Shared(here)).To(Equal(len(here)))
	g.Expect(here.Shared(there)).To(Equal(len(here)-1), "the two lines differ")
	g.Expect(here.Near(there)).To(BeTrue())
	g.Expect(here.Near(deeper)).To(BeTrue(), "the function called the innermost function of the other stack")
	apart := func(line int) stack.Stack {
		return stack.Stack{{Frame: stack.Frame{Function: "inner", Lineno: line}}, {Frame: stack.Frame{Function: "outer", Lineno: line}}}
	}
	g.Expect(apart(1).Near(apart(2))).To(BeFalse(), "neither has parted at its innermost call")
	g.Expect(here[:1].Near(stack.Stack{stack.Resolve(inner()[0])})).To(BeFalse())
}

var born = func() stack.Stack { return new(stack.Arena).Of(counters()) }()

func TestInInit(t *testing.T) {
	g := NewWithT(t)
	g.Expect(born.InInit()).To(BeTrue())
	g.Expect(new(stack.Arena).Of(inner()).InInit()).To(BeFalse(), "a closure that a variable holds runs later")
}

func TestRule(t *testing.T) {
	g := NewWithT(t)
	var none *stack.Rule
	g.Expect(none.InApp("a", true)).To(BeTrue())
	r := &stack.Rule{Include: []string{"a"}, Exclude: []string{"a/b"}}
	g.Expect(r.InApp("a/c", false)).To(BeTrue())
	g.Expect(r.InApp("a/b/c", true)).To(BeFalse())
	g.Expect(r.InApp("x", true)).To(BeTrue())
	g.Expect(r.InApp("x", false)).To(BeFalse())
}
