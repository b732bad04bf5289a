package raven_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// exceptions captures err and returns exception.values.
func exceptions(t *testing.T, err error, opts ...raven.Option) []object {
	t.Helper()
	c, rec := newRecorded(t, testDSN, opts...)
	NewWithT(t).Expect(c.CaptureException(t.Context(), err)).To(HaveLen(32))
	values, _ := only(t, rec).at("exception", "values").([]any)
	list := make([]object, len(values))
	for i, v := range values {
		list[i] = v.(map[string]any)
	}
	return list
}

func TestSingleError(t *testing.T) {
	g := NewWithT(t)
	values := exceptions(t, &net.AddrError{Err: "no port", Addr: "h"})
	g.Expect(values).To(HaveLen(1))
	x := values[0]
	g.Expect([]any{x["type"], x["module"], x["value"]}).To(Equal([]any{"*net.AddrError", "net", "address h: no port"}))
	g.Expect(x["mechanism"]).To(Equal(map[string]any{"type": "generic", "handled": true}))
	g.Expect(x.at("stacktrace", "frames", -1, "function")).To(Equal("exceptions"), "the client's own frames are not shown")
}

func TestChain(t *testing.T) {
	g := NewWithT(t)
	root := errors.New("refused")
	values := exceptions(t, fmt.Errorf("outer: %w", fmt.Errorf("inner: %w", root)))
	g.Expect(values).To(HaveLen(3))
	g.Expect([]any{values[0]["value"], values[1]["value"], values[2]["value"]}).To(Equal([]any{"refused", "inner: refused", "outer: inner: refused"}))
	wrapper, leaf := map[string]any{"go_type": "*fmt.wrapError"}, map[string]any{"go_type": "*errors.errorString"}
	g.Expect(values[2]["mechanism"]).To(Equal(map[string]any{"type": "generic", "handled": true, "exception_id": 0.0, "data": wrapper}))
	g.Expect(values[1]["mechanism"]).To(Equal(map[string]any{"type": "chained", "handled": true, "source": "cause", "exception_id": 1.0, "parent_id": 0.0, "data": wrapper}))
	g.Expect(values[0]["mechanism"]).To(Equal(map[string]any{"type": "chained", "handled": true, "source": "cause", "exception_id": 2.0, "parent_id": 1.0, "data": leaf}))
	g.Expect(values[0]).NotTo(HaveKey("stacktrace"))
	g.Expect(values[2]).To(HaveKey("stacktrace"))
}

func TestGroup(t *testing.T) {
	g := NewWithT(t)
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	values := exceptions(t, errors.Join(fmt.Errorf("x: %w", a), fmt.Errorf("%w and %w", b, c)))
	type row struct {
		value, source any
		id, parent    any
		group         any
	}
	var got []row
	for _, x := range values {
		got = append(got, row{x["value"], x.at("mechanism", "source"), x.at("mechanism", "exception_id"), x.at("mechanism", "parent_id"), x.at("mechanism", "is_exception_group")})
	}
	g.Expect(got).To(Equal([]row{
		{"c", "errors[1]", 5.0, 3.0, nil},
		{"b", "errors[0]", 4.0, 3.0, nil},
		{"b and c", "errors[1]", 3.0, 0.0, true},
		{"a", "cause", 2.0, 1.0, nil},
		{"x: a", "errors[0]", 1.0, 0.0, nil},
		{"x: a\nb and c", nil, 0.0, nil, true},
	}))
}

type cyclic struct{ next error }

func (*cyclic) Error() string   { return "round" }
func (c *cyclic) Unwrap() error { return c.next }

type endless struct{ n []int }

func (endless) Error() string   { return "on and on" }
func (e endless) Unwrap() error { return endless{append(e.n, 1)} }

// boxed is of a comparable type, but comparing it panics.
type boxed struct{ v any }

func (boxed) Error() string   { return "boxed" }
func (b boxed) Unwrap() error { return b }

type nothing struct{}

func (*nothing) Error() string   { panic("no text") }
func (*nothing) Unwrap() []error { panic("no errors") }

type causer struct{ error }

func (c causer) Cause() error { return errors.New("old style") }

// chained wraps err n times.
func chained(err error, n int) error {
	for i := range n {
		err = fmt.Errorf("%d: %w", n-i, err)
	}
	return err
}

func TestALongChainKeepsBothEnds(t *testing.T) {
	root := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for _, n := range []int{98, 99, 148, 1500} {
		g := NewWithT(t)
		values := exceptions(t, chained(root, n))
		last := len(values) - 1
		g.Expect(values).To(HaveLen(min(n+2, 100)))
		g.Expect(values[0]["value"]).To(Equal("file does not exist"), "the cause")
		g.Expect(values[last]["value"]).To(HavePrefix("1: "), "the captured error")
		for i, x := range values[1:] {
			g.Expect(x["type"]).To(Equal("*fs.PathError"))
			g.Expect(x.at("mechanism", "exception_id")).To(Equal(float64(last - i - 1)))
			g.Expect(values[i].at("mechanism", "parent_id")).To(Equal(float64(last - i - 1)))
		}
		noted := 0
		for _, x := range values {
			if left, ok := x.at("mechanism", "data", "left_out").(float64); ok {
				noted++
				g.Expect(left).To(Equal(float64(n + 2 - 100)))
				g.Expect(x.at("mechanism", "description")).To(Equal(fmt.Sprintf("%d errors that were unwrapped before this one are left out", n+2-100)))
			}
		}
		g.Expect(noted).To(Equal(map[bool]int{true: 1, false: 0}[n+2 > 100]))
	}
}

// After errors of a tree are left out, the others still refer to each other.
func TestALongTreeHangsTogether(t *testing.T) {
	g := NewWithT(t)
	var grow func(depth int) error
	grow = func(depth int) error {
		if depth == 0 {
			return errors.New("leaf")
		}
		return errors.Join(chained(grow(depth-1), depth), errors.New("between"), chained(errors.Join(grow(depth-1)), 2))
	}
	values := exceptions(t, grow(5))
	g.Expect(values).To(HaveLen(100))
	for i, x := range values[:99] {
		id, parent := x.at("mechanism", "exception_id").(float64), x.at("mechanism", "parent_id").(float64)
		g.Expect(id).To(Equal(float64(99 - i)))
		g.Expect(parent).To(And(BeNumerically("<", id), BeNumerically(">=", 0)))
	}
	g.Expect(values[49].at("mechanism", "data", "left_out")).To(BeNumerically(">", 100.0))
}

func TestAwkwardErrors(t *testing.T) {
	t.Run("cycle", func(t *testing.T) {
		a, b := &cyclic{}, &cyclic{}
		a.next, b.next = b, a
		NewWithT(t).Expect(exceptions(t, a)).To(HaveLen(2))
	})
	t.Run("endless and not comparable", func(t *testing.T) {
		values := exceptions(t, endless{})
		NewWithT(t).Expect(values).To(HaveLen(100))
		NewWithT(t).Expect(values[0].at("mechanism", "description")).To(Equal("errors that were unwrapped after this one are left out: there are more than 10000"))
	})
	t.Run("wide", func(t *testing.T) {
		many := make([]error, 500)
		for i := range many {
			many[i] = errors.New("x")
		}
		values := exceptions(t, errors.Join(many...))
		NewWithT(t).Expect(values).To(HaveLen(100))
		NewWithT(t).Expect(values[99].at("mechanism", "exception_id")).To(Equal(0.0))
		NewWithT(t).Expect(values[0].at("mechanism", "source")).To(Equal("errors[499]"))
		NewWithT(t).Expect(values[49].at("mechanism", "data", "left_out")).To(Equal(401.0))
	})
	t.Run("the same error twice is no cycle", func(t *testing.T) {
		e := errors.New("x")
		NewWithT(t).Expect(exceptions(t, errors.Join(e, nil, e))).To(HaveLen(3))
	})
	t.Run("comparable in type only", func(t *testing.T) {
		NewWithT(t).Expect(exceptions(t, boxed{[]int{1}})).To(HaveLen(100))
	})
	t.Run("panicking methods", func(t *testing.T) {
		values := exceptions(t, &nothing{})
		NewWithT(t).Expect(values[0]["value"]).To(Equal("<*raven_test.nothing: Error panicked: no text>"))
	})
	t.Run("nil pointer", func(t *testing.T) {
		var err *fs.PathError
		NewWithT(t).Expect(exceptions(t, err)[0]["value"]).To(Equal("<nil>"))
	})
	t.Run("Cause without Unwrap", func(t *testing.T) {
		values := exceptions(t, causer{errors.New("new")})
		NewWithT(t).Expect(values[0]["value"]).To(Equal("old style"))
	})
	t.Run("long and broken text is kept whole", func(t *testing.T) {
		long := strings.Repeat("é", 9000)
		NewWithT(t).Expect(exceptions(t, errors.New(long+"\xff"))[0]["value"]).To(Equal(long + "\ufffd"))
	})
	t.Run("nil", func(t *testing.T) {
		c, rec := newRecorded(t, testDSN)
		NewWithT(t).Expect(c.CaptureException(t.Context(), nil)).To(BeEmpty())
		NewWithT(t).Expect(rec.all()).To(BeEmpty())
	})
}
