package raven_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"testing"

	. "github.com/onsi/gomega"
	pkgerrors "github.com/pkg/errors"

	"github.com/ravenkit/ravenkit/raven"
)

//go:noinline
func origin() error { return pkgerrors.New("deep down") }

//go:noinline
func viaClosure() error { return func() error { return pkgerrors.New("deeper") }() }

type store struct{}

//go:noinline
func (*store) get() error { return pkgerrors.WithStack(errors.New("gone")) }

type ownKind struct{ text string }

func (e ownKind) Error() string { return e.text }

// An error's type is its Go type if that says something, else the type of the
// error that it wraps, else the function that it comes from.
func TestTypes(t *testing.T) {
	const here, own = "raven_test.exceptions", "github.com/ravenkit/ravenkit/raven_test"
	notFound := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for _, tt := range []struct {
		name                string
		err                 error
		typ, module, goType any // of the error itself
	}{
		{"a type of the program", ownKind{"x"}, "raven_test.ownKind", own, nil},
		{"a telling type", notFound, "*fs.PathError", "io/fs", nil},
		{"errors.New", errors.New("x"), here, own, "*errors.errorString"},
		{"fmt.Errorf", fmt.Errorf("x %d", 1), here, own, "*fmt.wrapError"},
		{"a wrapper of a telling type", fmt.Errorf("load: %w", fmt.Errorf("read: %w", notFound)), "*fs.PathError", "io/fs", "*fmt.wrapError"},
		{"a wrapper of an own type", pkgerrors.WithMessage(ownKind{"x"}, "y"), "raven_test.ownKind", own, "*errors.withMessage"},
		{"a wrapper of text", fmt.Errorf("load: %w", errors.New("x")), here, own, "*fmt.wrapError"},
		{"several", errors.Join(notFound, errors.New("x")), here, own, "*errors.joinError"},
		{"with its origin", origin(), "raven_test.origin", own, "*errors.fundamental"},
		{"wrapped, with its origin", fmt.Errorf("up: %w", origin()), "raven_test.origin", own, "*fmt.wrapError"},
		{"made in a closure", viaClosure(), "raven_test.viaClosure", own, "*errors.fundamental"},
		{"made in a method", new(store).get(), "raven_test.(*store).get", own, "*errors.withStack"},
		{"an unnamed type", struct{ error }{errors.New("x")}, here, own, "struct { error }"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			values := exceptions(t, tt.err)
			x := values[len(values)-1]
			if tt.name == "fmt.Errorf" { // without %w it is another type in each release
				g.Expect(x.at("mechanism", "data", "go_type")).To(HavePrefix("*"))
				tt.goType = x.at("mechanism", "data", "go_type")
			}
			g.Expect([]any{x["type"], x["module"], x.at("mechanism", "data", "go_type")}).To(Equal([]any{tt.typ, tt.module, tt.goType}))
		})
	}
}

func TestTypeOfEachInAGroup(t *testing.T) {
	values := exceptions(t, errors.Join(origin(), &net.AddrError{Err: "no port"}))
	var types []any
	for _, x := range values {
		types = append(types, x["type"])
	}
	NewWithT(t).Expect(types).To(Equal([]any{"*net.AddrError", "raven_test.origin", "raven_test.exceptions"}))
}

// The function is one of the program's, as WithInApp says it.
func TestTypeKeepsToTheProgram(t *testing.T) {
	g := NewWithT(t)
	g.Expect(exceptions(t, errors.New("x"), raven.WithInApp([]string{"testing"}, "github.com/ravenkit"))[0]["type"]).To(Equal("testing.tRunner"))
	g.Expect(exceptions(t, errors.New("x"), raven.WithInApp(nil, "github.com/ravenkit"))[0]["type"]).To(Equal("raven_test.exceptions"), "the innermost of a stack without any")
}

func TestGivenGoType(t *testing.T) {
	c, rec := newRecorded(t, testDSN)
	data := map[string]any{"k": 1}
	c.Capture(t.Context(), &raven.Event{Exceptions: []raven.Exception{{Type: "T", Mechanism: &raven.Mechanism{GoType: "*x.y", Data: data}}}})
	g := NewWithT(t)
	g.Expect(only(t, rec).at("exception", "values", 0, "mechanism", "data")).To(Equal(map[string]any{"k": 1.0, "go_type": "*x.y"}))
	g.Expect(data).To(HaveLen(1), "an event is not changed")
}
