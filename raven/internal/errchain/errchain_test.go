package errchain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

func Example() {
	var c errchain.Chain
	c.Unwrap(fmt.Errorf("checkout: %w", errors.Join(io.EOF, &fs.PathError{Op: "open", Path: "x", Err: fs.ErrExist})))
	for i := range c.Links {
		l := &c.Links[i]
		fmt.Printf("%d in %d: %s %q\n", i, l.Parent, l.Type.Name, l.Source())
	}
	// Output:
	// 0 in -1: *fmt.wrapError ""
	// 1 in 0: *errors.joinError "cause"
	// 2 in 1: *errors.errorString "errors[0]"
	// 3 in 1: *fs.PathError "errors[1]"
	// 4 in 3: *errors.errorString "cause"
}

// traced carries the stack of where it was made.
type traced struct {
	pcs  []uintptr
	err  error
	asks *int
}

func (t *traced) Error() string { return "traced" }
func (t *traced) Unwrap() error { return t.err }
func (t *traced) Callers() []uintptr {
	*t.asks++
	return t.pcs
}

func newTraced(err error) *traced {
	pcs := make([]uintptr, 16)
	return &traced{pcs: pcs[:runtime.Callers(2, pcs)], err: err, asks: new(int)}
}

// again unwraps to a new error every time.
type again struct{ n int }

func (a again) Error() string { return "again" }
func (a again) Unwrap() error { return again{a.n + 1} }

// loop unwraps to itself.
type loop struct{}

func (l *loop) Error() string { return "loop" }
func (l *loop) Unwrap() error { return l }

// knot unwraps to itself and to another error.
type knot struct{ _ byte } // has a size, so that pointers to it differ

func (k *knot) Error() string   { return "knot" }
func (k *knot) Unwrap() []error { return []error{k, io.EOF} }

func unwrapped(err error) *errchain.Chain {
	c := new(errchain.Chain)
	c.Unwrap(err)
	return c
}

func TestStacks(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	inner := newTraced(nil)
	outer := newTraced(inner)
	c := unwrapped(fmt.Errorf("no stack: %w", outer))
	c.FindStacks(&a, a.Of(outer.pcs))
	g.Expect(c.Links[1].Stack).To(HaveLen(len(c.Links[2].Stack)))
	g.Expect(c.Links[1].Cut).To(Equal(len(c.Links[2].Stack)-1), "only the inner error shows the shared calls")
	g.Expect(c.NearestStack(2)).To(Equal(c.Links[2].Stack))
	c.FindStacks(&a, nil)
	g.Expect(*inner.asks).To(Equal(1), "an error is asked once")
	g.Expect(unwrapped(io.EOF).NearestStack(0)).To(BeNil())
}

func TestOnEveryPath(t *testing.T) {
	eof := func(err error) bool { return err == io.EOF }
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{io.EOF, true},
		{fmt.Errorf("read: %w", io.EOF), true},
		{errors.Join(io.EOF, fmt.Errorf("read: %w", io.EOF)), true},
		{errors.Join(io.EOF, fs.ErrExist), false},
		{new(loop), false},
		{new(knot), false},
		{again{}, false},
	} {
		NewWithT(t).Expect(unwrapped(tt.err).OnEveryPath(eof)).To(Equal(tt.want), "%v", tt.err)
	}
	NewWithT(t).Expect(new(errchain.Chain).OnEveryPath(eof)).To(BeFalse())
}

func TestLongChainsAreShortened(t *testing.T) {
	g := NewWithT(t)
	err := io.EOF
	for i := range 150 {
		err = fmt.Errorf("%d: %w", i, err)
	}
	c := unwrapped(err)
	c.Shorten()
	g.Expect(c.Links).To(HaveLen(errchain.MaxShown))
	n, words := c.LeftOut(errchain.MaxShown / 2)
	g.Expect(n).To(Equal(51))
	g.Expect(words).To(ContainSubstring("51 errors"))
	g.Expect(c.Links[errchain.MaxShown/2].Parent).To(Equal(errchain.MaxShown/2 - 1))

	c = unwrapped(again{})
	_, words = c.LeftOut(len(c.Links) - 1)
	g.Expect(words).To(ContainSubstring("more than 10000"))
	g.Expect(c.Large()).To(BeTrue())
}

func TestChainIsUsedAgain(t *testing.T) {
	g := NewWithT(t)
	var c errchain.Chain
	err := fmt.Errorf("read: %w", io.EOF)
	c.Unwrap(err)
	g.Expect(testing.AllocsPerRun(10, func() { c.Reset(); c.Unwrap(err) })).To(BeZero())
	c.Reset()
	g.Expect(c.Links).To(BeEmpty())
	g.Expect(c.Links[:1][0]).To(BeZero(), "it refers to nothing any more")
}

func TestTypes(t *testing.T) {
	for _, tt := range []struct {
		v                    any
		name, module, goType string
		anonymous, pointer   bool
	}{
		{io.EOF, "*errors.errorString", "errors", "", true, true},
		{&fs.PathError{}, "*fs.PathError", "io/fs", "", false, true},
		{fmt.Errorf("%w", io.EOF), "*fmt.wrapError", "fmt", "", true, true},
		{new(traced), "*errchain_test.traced", "github.com/ravenkit/ravenkit/raven/internal/errchain_test", "", false, true},
		{new(loop), "*errchain_test.loop", "github.com/ravenkit/ravenkit/raven/internal/errchain_test", "", false, false},
		{"text", "string", "", "", true, false},
		{division(), "runtime.Error", "runtime", "runtime.runtimeError", false, false},
	} {
		g := NewWithT(t)
		got := errchain.TypeOf(tt.v)
		if tt.goType != "" {
			g.Expect(got.GoType).NotTo(BeEmpty())
		} else {
			g.Expect(got.GoType).To(BeEmpty())
		}
		g.Expect([]any{got.Name, got.Module, got.Pointer}).To(Equal([]any{tt.name, tt.module, tt.pointer}))
		if tt.goType == "" {
			g.Expect(got.Anonymous).To(Equal(tt.anonymous), tt.name)
		}
		g.Expect(errchain.TypeOf(tt.v)).To(BeIdenticalTo(got))
	}
}

func division() (r any) {
	defer func() { r = recover() }()
	zero := len(strings.Fields(""))
	return 1 / zero
}

var declared = newTraced(nil)

func TestSentinels(t *testing.T) {
	g := NewWithT(t)
	var a stack.Arena
	own := errors.New("own")
	is := func(err error) bool { return unwrapped(err).Links[0].IsSentinel(errchain.Set(own), &a) }
	for _, err := range []error{io.EOF, context.Canceled, own, declared} {
		g.Expect(is(err)).To(BeTrue(), "%v", err)
	}
	g.Expect(is(errors.New("other"))).To(BeFalse())
	g.Expect(is(newTraced(nil))).To(BeFalse())
	g.Expect(errchain.Set(own, again{})).To(HaveLen(1), "values may not be hashable")
}

func TestPatterns(t *testing.T) {
	name := errchain.NameOf(&fs.PathError{})
	for pattern, want := range map[string]bool{
		"PathError": true, "*PathError": true, "fs.PathError": true, "io/fs.PathError": true, "fs.*": true, "Path*": true, "io/*": true,
		"Error": false, "os.PathError": false, "s.PathError": false,
	} {
		p, ok := errchain.NewPattern(pattern)
		NewWithT(t).Expect(ok).To(BeTrue())
		NewWithT(t).Expect(p.Matches(name)).To(Equal(want), pattern)
	}
	for _, empty := range []string{"", " ", "*", "**"} {
		_, ok := errchain.NewPattern(empty)
		NewWithT(t).Expect(ok).To(BeFalse())
	}
}

func TestMessage(t *testing.T) {
	NewWithT(t).Expect(unwrapped(io.EOF).Links[0].Message()).To(Equal("EOF"))
}
