package raven_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

var (
	errPlain   = errors.New("plain")
	errLiteral = &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	errStacked = newStacked()
)

type stacked struct{ pcs []uintptr }

func (s *stacked) Error() string         { return "stacked" }
func (s *stacked) StackTrace() []uintptr { return s.pcs }

//go:noinline
func newStacked() *stacked {
	pcs := make([]uintptr, 20)
	return &stacked{pcs[:callers(pcs)]}
}

type byValue struct{ text string }

func (e byValue) Error() string { return e.text }

type selfish struct{ n int }

func (e *selfish) Error() string { return "me" }
func (e *selfish) Unwrap() error { return e }

type empty struct{}

func (*empty) Error() string { return "empty" }

func TestErrorsThatWereCapturedBefore(t *testing.T) {
	made := func() error { return fmt.Errorf("made %d", 1) }
	wrap := func(err error) error { return fmt.Errorf("wrapped: %w", err) }
	for _, tt := range []struct {
		name          string
		first, second func(err error) error
		err           error
		events        int
	}{
		{"the same", same, same, made(), 2},
		{"a wrapper", same, wrap, made(), 1},
		{"a wrapper's wrapper", same, func(err error) error { return wrap(wrap(err)) }, made(), 1},
		{"a wrapper of a wrapper that was captured", wrap, func(err error) error { return wrap(err) }, made(), 2},
		{"a join", same, func(err error) error { return errors.Join(errors.New("other"), wrap(err)) }, made(), 1},
		{"what it wraps", wrap, same, made(), 2},
		{"another one", same, func(error) error { return wrap(made()) }, made(), 2},
		{"a fresh errors.New", same, wrap, errors.New("fresh"), 1},
		{"a fresh stack", same, wrap, newStacked(), 1},
		{"an error that unwraps to itself", same, same, &selfish{1}, 2},
		{"a value", same, wrap, byValue{"x"}, 2},
		{"no memory", same, wrap, new(empty), 2},
		{"sql.ErrNoRows", same, wrap, sql.ErrNoRows, 2},
		{"sql.ErrNoRows again", same, same, sql.ErrNoRows, 2},
		{"a plain sentinel", same, wrap, errPlain, 2},
		{"a composite literal", same, wrap, errLiteral, 2},
		{"a sentinel that carries a stack", same, wrap, errStacked, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			ctx, _ := raven.NewContext(t.Context(), c)
			g.Expect(c.CaptureException(ctx, tt.first(tt.err))).NotTo(BeEmpty())
			id := c.CaptureException(ctx, tt.second(tt.err))
			g.Expect(id == "").To(Equal(tt.events == 1))
			g.Expect(rec.all()).To(HaveLen(tt.events))
			g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 2, Delivered: uint64(tt.events), Ignored: uint64(2 - tt.events)}))
		})
	}
}

func same(err error) error { return err }

func TestRepetitionEndsWithTheContext(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	err := fmt.Errorf("made %d", 1)
	wrapper := fmt.Errorf("wrapped: %w", err)
	ctx, rc := raven.NewContext(t.Context(), c)
	child, _ := raven.NewContext(ctx, c)
	sibling, _ := raven.NewContext(ctx, c)
	g.Expect(c.CaptureException(ctx, err)).NotTo(BeEmpty())
	for _, other := range []context.Context{t.Context(), child, sibling} {
		g.Expect(c.CaptureException(other, wrapper)).NotTo(BeEmpty())
	}
	grandchild, _ := raven.NewContext(ctx, c)
	g.Expect(c.CaptureException(grandchild, wrapper)).NotTo(BeEmpty(), "a snapshot does not have it either")
	g.Expect(c.CaptureException(ctx, wrapper)).To(BeEmpty())
	rc.Clear()
	g.Expect(c.CaptureException(ctx, wrapper)).NotTo(BeEmpty())

	g.Expect(c.CaptureException(t.Context(), fmt.Errorf("outer: %w", wrapper))).To(BeEmpty(), "the client's own is a Context like others")
	for i := range 16 {
		c.CaptureException(t.Context(), fmt.Errorf("other %d", i))
	}
	g.Expect(c.CaptureException(t.Context(), fmt.Errorf("outer: %w", wrapper))).NotTo(BeEmpty(), "16 are remembered")
	g.Expect(rec.all()).NotTo(BeEmpty())
}

func TestPanicsAreNeverRepetitions(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	err := fmt.Errorf("made %d", 1)
	crash := func(v error) {
		defer c.Recover(t.Context())
		panic(v)
	}
	c.CaptureException(t.Context(), err)
	crash(fmt.Errorf("crash: %w", err))
	g.Expect(rec.all()).To(HaveLen(2))
	another := fmt.Errorf("made %d", 2)
	crash(another)
	g.Expect(c.CaptureException(t.Context(), fmt.Errorf("recovered: %w", another))).To(BeEmpty(), "but they are remembered")
}

func TestRepetitionsOfManyGoroutines(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			ctx, _ := raven.NewContext(t.Context(), c)
			for i := range 50 {
				err := fmt.Errorf("e %d %d", n, i)
				c.CaptureException(ctx, err)
				c.CaptureException(ctx, fmt.Errorf("wrapped: %w", err))
				c.CaptureException(t.Context(), fmt.Errorf("elsewhere %d: %w", i, err))
			}
		})
	}
	wg.Wait()
	g.Expect(rec.all()).To(HaveLen(400))
}
