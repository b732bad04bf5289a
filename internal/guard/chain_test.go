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
