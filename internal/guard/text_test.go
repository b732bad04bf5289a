package guard_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/guard"
)

type (
	broken  struct{ with any } // its methods panic
	nilable struct{ text string }
)

func (b broken) Error() string   { panic(b.with) }
func (b broken) Is(error) bool   { panic(b.with) }
func (b broken) Unwrap() error   { panic(b.with) }
func (n *nilable) Error() string { return n.text }

func cyclicMap() map[string]any {
	m := map[string]any{}
	m["me"] = m
	return m
}

func cyclicList() []any {
	list := make([]any, 1)
	list[0] = list
	return list
}

// doubled returns a value that is small but very long when printed.
func doubled() any {
	v := any("leaf")
	for range 60 {
		v = []any{v, v}
	}
	return v
}

func nested(depth int) any {
	v := any("leaf")
	for range depth {
		v = []any{v}
	}
	return v
}

func TestError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("x"), "x"},
		{(*nilable)(nil), "<nil>"},
		{broken{"oh no"}, "<guard_test.broken: Error panicked: oh no>"},
		{broken{errors.New("oh no")}, "<guard_test.broken: Error panicked: oh no>"},
		{broken{broken{1}}, "<guard_test.broken: Error panicked: guard_test.broken>"},
		{broken{cyclicMap()}, "<guard_test.broken: Error panicked: map[string]interface {}>"},
	} {
		NewWithT(t).Expect(guard.Error(tt.err)).To(Equal(tt.want))
	}
}

// fmt follows an inner pointer if the verb is invalid for pointers.
func TestPrintable(t *testing.T) {
	t.Parallel()
	ring := &struct{ Next any }{}
	ring.Next = ring
	held := []any{&cyclicStruct{M: cyclicMap()}}
	number := 7
	for _, tt := range []struct {
		v        any
		template string
		want     bool
	}{
		{ring, "%v %+v %#v %T %p %d", true},
		{ring, "%v %6.2s", false},
		{ring, "%[2]*[1]q", false},
		{held, "%x 100%% %", true},
		{held, "%s", false},
		{[]*int{&number, nil}, "%s", true},
		{"text", "%s", true},
		{map[string]any{"held": held}, "%t", false},
	} {
		NewWithT(t).Expect(guard.Printable(tt.v, tt.template)).To(Equal(tt.want), "%q", tt.template)
		if tt.want {
			_ = fmt.Sprintf(tt.template, tt.v) // must end
		}
	}
}

type cyclicStruct struct{ M map[string]any }

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		v    any
		want string
	}{
		{"text", "text"},
		{17, "17"},
		{nil, "<nil>"},
		{time.Second, "1s"},
		{[]int{1, 2}, "[1 2]"},
		{map[string]any{"a": []any{1}}, "map[a:[1]]"},
		{&struct{ A, B string }{"x", "y"}, "&{x y}"},
		{cyclicList(), "[]interface {}"},
		{doubled(), "[]interface {}"},
		{nested(1_000_000), "[]interface {}"},
		{make([]byte, 10_000_000), "[]uint8"},
	} {
		NewWithT(t).Expect(guard.Plain(tt.v)).To(Equal(tt.want))
	}
}
