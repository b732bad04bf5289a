package guard_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// endless wraps a new error of its own type in every call.
type endless struct{}

func (endless) Error() string { return "endless" }
func (endless) Unwrap() error { return endless{} }

type wide struct{ n int }

func (wide) Error() string     { return "wide" }
func (w wide) Unwrap() []error { return []error{nil, wide{w.n + 1}, wide{w.n + 1}} }

type kin struct{}

func (kin) Error() string        { return "kin" }
func (kin) Is(target error) bool { return target == io.EOF }

func TestIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.EOF, true},
		{fmt.Errorf("a: %w", io.EOF), true},
		{errors.Join(broken{1}, io.EOF), true},
		{kin{}, true},
		{errors.New("x"), false},
		{broken{1}, false},
		{endless{}, false},
		{wide{}, false},
	} {
		NewWithT(t).Expect(guard.Is(tt.err, io.EOF)).To(Equal(tt.want), "%T", tt.err)
	}
}

func TestSound(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(guard.Sound(errors.Join(io.EOF, fmt.Errorf("a: %w", io.EOF)))).To(BeTrue())
	for _, err := range []error{broken{1}, endless{}, wide{}, (*nilable)(nil)} {
		g.Expect(guard.Sound(err)).To(BeFalse(), "%T", err)
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(guard.Do(func() {})).To(BeNil())
	g.Expect(guard.Do(func() { panic("x") })).To(Equal("x"))
}

// fresh makes a new error each time.
type fresh struct{ depth int }

func (f fresh) Error() string { return "fresh" }
func (f fresh) Unwrap() error { return fresh{f.depth + 1} }

func TestAny(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	depth := func(n int) func(error) bool { return func(err error) bool { return err == fresh{n} } }
	g.Expect(guard.Any(fresh{0}, 3, depth(2))).To(BeTrue())
	g.Expect(guard.Any(fresh{0}, 3, depth(3))).To(BeFalse(), "it looks at no more than limit errors")
	g.Expect(guard.Any(errors.Join(errors.New("a"), fresh{0}), 5, depth(2))).To(BeTrue(), "in the second branch")
	g.Expect(guard.Any(nil, 3, depth(0))).To(BeFalse())
}
