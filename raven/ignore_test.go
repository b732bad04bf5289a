package raven_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type gone struct{ what string }

func (e gone) Error() string { return e.what + " is gone" }

// missing matches sql.ErrNoRows by its method Is, and gone by As.
type missing struct{ error }

func (missing) Is(target error) bool { return target == sql.ErrNoRows }

func (missing) As(target any) bool {
	if g, ok := target.(*gone); ok {
		*g = gone{"it"}
		return true
	}
	return false
}

type carton[T any] struct{ value T }

func (e *carton[T]) Error() string { return fmt.Sprint(e.value) }

// touchy has methods that panic.
type touchy struct{ error }

func (touchy) Is(error) bool { panic("touchy") }

func TestErrorMatchers(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	deep := fmt.Errorf("a: %w", fmt.Errorf("b: %w", path))
	op := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for _, tt := range []struct {
		name    string
		matcher raven.ErrorMatcher
		err     error
		want    bool
	}{
		{"the value", raven.Is(io.EOF), io.EOF, true},
		{"another value", raven.Is(io.EOF), io.ErrUnexpectedEOF, false},
		{"one of several values", raven.Is(io.EOF, fs.ErrNotExist), deep, true},
		{"a value that says what it is", raven.Is(sql.ErrNoRows), missing{io.EOF}, true},
		{"a value in a join", raven.Is(io.EOF), errors.Join(errors.New("x"), io.EOF), true},
		{"nothing", raven.Is(io.EOF), nil, false},
		{"no targets", raven.Is(), io.EOF, false},
		{"values that can't be compared", raven.Is(uncomparable{"x"}), uncomparable{"x"}, false},
		{"the type", raven.As[*fs.PathError](), deep, true},
		{"another type", raven.As[gone](), deep, false},
		{"an interface", raven.As[net.Error](), fmt.Errorf("x: %w", op), true},
		{"a type that another gives", raven.As[gone](), missing{io.EOF}, true},
		{"a type's name", raven.Named("PathError"), deep, true},
		{"a type's name and package", raven.Named("fs.PathError"), deep, true},
		{"a type's name and import path", raven.Named("io/fs.PathError"), deep, true},
		{"a pointer's name", raven.Named("*fs.PathError"), deep, true},
		{"a package", raven.Named("fs.*"), deep, true},
		{"a package by its import path", raven.Named("io/fs.*"), deep, true},
		{"everything below a path", raven.Named("io/*"), deep, true},
		{"another package of the same start", raven.Named("f.*"), deep, false},
		{"the start of a name", raven.Named("Path*"), deep, true},
		{"another name", raven.Named("pathError", "os.PathError", "fs.Path"), deep, false},
		{"one of several names", raven.Named("x", "PathError"), deep, true},
		{"a generic type's name", raven.Named("carton"), &carton[*url.URL]{}, true},
		{"a generic type's name and package", raven.Named("raven_test.carton"), &carton[*url.URL]{}, true},
		{"a type without a name", raven.Named("error"), struct{ error }{io.EOF}, false},
		{"a function", raven.Matching(func(err error) bool { return err.Error() == "refused" }), errors.New("refused"), true},
		{"a function that panics", raven.Matching(func(error) bool { panic("x") }), io.EOF, false},
		{"methods that panic", raven.Is(io.EOF), touchy{io.EOF}, false},
		{"the zero matcher", raven.ErrorMatcher{}, io.EOF, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(tt.matcher.Matches(tt.err)).To(Equal(tt.want))
			c, rec := newRecorded(t, testDSN, raven.WithIgnore(tt.matcher))
			id := c.CaptureException(t.Context(), tt.err)
			if _, joined := tt.err.(interface{ Unwrap() []error }); tt.err != nil && !joined {
				g.Expect(id == "").To(Equal(tt.want))
				g.Expect(rec.all()).To(HaveLen(map[bool]int{false: 1, true: 0}[tt.want]))
			}
		})
	}
}

type uncomparable []string

func (uncomparable) Error() string { return "slice" }

func TestIgnoringJoinedErrors(t *testing.T) {
	news := errors.New("news")
	for _, tt := range []struct {
		name    string
		err     error
		ignored bool
	}{
		{"each of them", errors.Join(io.EOF, fmt.Errorf("x: %w", context.Canceled)), true},
		{"one of them", errors.Join(io.EOF, news), false},
		{"one of them, wrapped", fmt.Errorf("x: %w", errors.Join(io.EOF, fmt.Errorf("y: %w", news))), false},
		{"several %w", fmt.Errorf("%w and %w", io.EOF, io.EOF), true},
		{"joins of joins", errors.Join(errors.Join(io.EOF, io.EOF), errors.Join(io.EOF, news)), false},
		{"an error that holds itself", &knot{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newRecorded(t, testDSN, raven.WithIgnore(raven.Is(io.EOF)))
			id := c.CaptureException(t.Context(), tt.err)
			NewWithT(t).Expect(id == "").To(Equal(tt.ignored))
		})
	}
}

type knot struct{}

func (*knot) Error() string     { return "knot" }
func (k *knot) Unwrap() []error { return []error{k, k} }

func TestDefaultIgnores(t *testing.T) {
	left := []error{context.Canceled, &url.Error{Op: "Get", URL: "x", Err: context.Canceled}, http.ErrAbortHandler}
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for _, err := range left {
		g.Expect(c.CaptureException(t.Context(), err)).To(BeEmpty(), "%v", err)
	}
	g.Expect(c.CaptureException(t.Context(), context.DeadlineExceeded)).NotTo(BeEmpty())
	g.Expect(c.CaptureMessage(t.Context(), "context canceled")).NotTo(BeEmpty())
	func() {
		defer c.Recover(t.Context())
		panic(context.Canceled)
	}()
	g.Expect(rec.all()).To(HaveLen(3), "a panic is reported")

	c, rec = newRecorded(t, testDSN, raven.WithDefaultIgnores(false))
	for _, err := range left {
		g.Expect(c.CaptureException(t.Context(), err)).NotTo(BeEmpty(), "%v", err)
	}
	g.Expect(rec.all()).To(HaveLen(3))

	c, rec = newRecorded(t, testDSN, raven.WithIgnore(raven.As[gone]()))
	func() {
		defer c.Recover(t.Context())
		panic(gone{"x"})
	}()
	g.Expect(rec.all()).To(BeEmpty(), "asked for by name")
}

func TestBadMatchers(t *testing.T) {
	g := NewWithT(t)
	_, err := raven.New(testDSN, raven.WithIgnore(raven.Named("fs.PathError", "*"), raven.Matching(nil)))
	g.Expect(err).To(MatchError(And(
		ContainSubstring(`raven: WithIgnore: Named("*"): want the name of an error type, such as PathError, fs.PathError, io/fs.PathError or fs.*`),
		ContainSubstring("raven: WithIgnore: Matching: the function is nil"),
	)))
}
