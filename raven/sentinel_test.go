package raven_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type foreign struct{ n int }

func (*foreign) Error() string { return "foreign" }

var (
	laidOut = &foreign{1}
	zero    foreign
)

// What madeAtStart relies on, on the Go that runs the tests.
func TestOnHeap(t *testing.T) {
	g := NewWithT(t)
	for range 3 { // a Pinner is used again
		for _, err := range []error{io.EOF, laidOut, &zero, errPlain, new(empty)} {
			g.Expect(raven.OnHeap(err)).To(BeFalse(), "%v", err)
		}
		var many []error
		for i := range 100 {
			many = append(many, errors.New("made"), fmt.Errorf("made %d", i), &foreign{i}, errors.Join(io.EOF))
		}
		for _, err := range many {
			g.Expect(raven.OnHeap(err)).To(BeTrue(), "%v", err)
		}
		g.Expect(raven.OnHeap(many[2])).To(BeTrue(), "again")
	}
}
