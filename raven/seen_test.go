package raven_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
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
			c, rec := newRecorded(t, testDSN, raven.WithSentinels(errPlain, errLiteral), raven.WithSentinels(byValue{"x"}))
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

	g.Expect(c.CaptureException(ctx, fmt.Errorf("outer: %w", wrapper))).To(BeEmpty())
	for i := range 16 {
		c.CaptureException(ctx, fmt.Errorf("other %d", i))
	}
	g.Expect(c.CaptureException(ctx, fmt.Errorf("outer: %w", wrapper))).NotTo(BeEmpty(), "16 are remembered")
	g.Expect(rec.all()).NotTo(BeEmpty())
}

// Unrelated work shares the client's own Context, so its errors are not
// remembered.
func TestUnrelatedWorkHasNoRepetitions(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	sticky := fmt.Errorf("connection %d is broken", 1)
	g.Expect(c.CaptureException(context.Background(), sticky)).NotTo(BeEmpty())
	g.Expect(c.CaptureException(context.Background(), fmt.Errorf("invoice 17: %w", sticky))).NotTo(BeEmpty())
	ctx, _ := raven.NewContext(t.Context(), c)
	g.Expect(c.CaptureException(ctx, fmt.Errorf("invoice 18: %w", sticky))).NotTo(BeEmpty())
	g.Expect(rec.all()).To(HaveLen(3))
}

func TestAnErrorIsRememberedForFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		c, _ := newRecorded(t, testDSN)
		ctx, _ := raven.NewContext(t.Context(), c)
		err := fmt.Errorf("made %d", 1)
		wrapper := fmt.Errorf("wrapped: %w", err)
		g.Expect(c.CaptureException(ctx, err)).NotTo(BeEmpty())
		time.Sleep(5*time.Minute - time.Nanosecond)
		g.Expect(c.CaptureException(ctx, wrapper)).To(BeEmpty())
		time.Sleep(time.Nanosecond)
		g.Expect(c.CaptureException(ctx, wrapper)).NotTo(BeEmpty())
	})
}

// An error that was captured more than once may be a sentinel.
func TestAnErrorThatComesAgainIsASentinel(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, _ := raven.NewContext(t.Context(), c)
	sticky := fmt.Errorf("made %d", 1)
	c.CaptureException(ctx, sticky)
	c.CaptureException(ctx, sticky)
	c.CaptureException(ctx, fmt.Errorf("wrapped: %w", sticky))
	g.Expect(rec.all()).To(HaveLen(3))
}

// If an error is not delivered, for any reason, an error that wraps it is
// captured.
func TestAnErrorThatWasLostSilencesNothing(t *testing.T) {
	refused := answerWith("", &transport.APIError{Status: 400, Message: "refused"})
	for _, tt := range []struct {
		name   string
		opts   []raven.Option
		call   []raven.CaptureOption
		answer func(*transport.Packet) (*transport.Response, error)
		kind   raven.OutcomeKind
	}{
		{name: "sampled out", call: []raven.CaptureOption{raven.SampleRate(0)}, kind: raven.OutcomeSampled},
		{name: "throttled", opts: []raven.Option{raven.Throttle(1, time.Hour)}, call: []raven.CaptureOption{raven.Fingerprint{"x"}}, kind: raven.OutcomeThrottled},
		{name: "filtered", opts: []raven.Option{raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
			if ev.Exceptions[len(ev.Exceptions)-1].Value == "inner" {
				return nil
			}
			return ev
		})}, kind: raven.OutcomeFiltered},
		{name: "invalid", call: []raven.CaptureOption{breaking}, kind: raven.OutcomeInvalid},
		{name: "too large", call: []raven.CaptureOption{slices.Repeat(raven.Fingerprint{"x"}, 600_000)}, kind: raven.OutcomeTooLarge},
		{name: "rejected", answer: refused, kind: raven.OutcomeRejected},
		{name: "raised", opts: []raven.Option{raven.WithRaiseSendErrors(func(*raven.SendError) {})}, answer: refused, kind: raven.OutcomeRejected},
		{name: "no room", answer: answerWith("", transport.ErrQueueFull), kind: raven.OutcomeQueueFull},
		{name: "no network", answer: answerWith("", errors.New("no route")), kind: raven.OutcomeNetwork},
	} {
		for _, queued := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, queued), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					q := new(queue)
					tr, rec := transport.Transport(q), &q.recorder
					if !queued {
						rec = new(recorder)
						tr = rec
					}
					kinds := map[string]raven.OutcomeKind{}
					c := newOver(t, tr, testDSN, append(tt.opts, quiet, raven.WithOnOutcome(func(o raven.Outcome) { kinds[o.EventID] = o.Kind }))...)
					ctx, _ := raven.NewContext(t.Context(), c)
					inner := errors.New("inner")
					if tt.kind == raven.OutcomeThrottled {
						c.CaptureException(ctx, errors.New("another"), tt.call...)
					}
					rec.answer = tt.answer
					c.CaptureException(ctx, inner, tt.call...)
					_ = c.Flush(t.Context()) // it returns the losses
					g.Expect(kinds).To(ContainElement(tt.kind))

					rec.answer = nil
					time.Sleep(2 * time.Second) // the pause after a failure
					wrapper := &fs.PathError{Op: "outer", Path: "x", Err: inner}
					g.Expect(c.CaptureException(ctx, wrapper)).NotTo(BeEmpty())
					g.Expect(c.Flush(t.Context())).To(Succeed())
					g.Expect(c.Stats().Ignored).To(BeZero())
					g.Expect(c.CaptureException(ctx, fmt.Errorf("outermost: %w", wrapper))).To(BeEmpty(), "this one arrived")
				})
			})
		}
	}
}

// An error without an outcome counts as delivered.
func TestAnErrorOnItsWayIsRemembered(t *testing.T) {
	g := NewWithT(t)
	c := newOver(t, new(queue), testDSN)
	ctx, _ := raven.NewContext(t.Context(), c)
	err := fmt.Errorf("made %d", 1)
	c.CaptureException(ctx, err)
	g.Expect(c.CaptureException(ctx, fmt.Errorf("wrapped: %w", err))).To(BeEmpty())
}

func TestPanicsAreNeverRepetitions(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ctx, _ := raven.NewContext(t.Context(), c)
	err := fmt.Errorf("made %d", 1)
	crash := func(v error) {
		defer c.Recover(ctx)
		panic(v)
	}
	c.CaptureException(ctx, err)
	crash(fmt.Errorf("crash: %w", err))
	g.Expect(rec.all()).To(HaveLen(2))
	another := fmt.Errorf("made %d", 2)
	crash(another)
	g.Expect(c.CaptureException(ctx, fmt.Errorf("recovered: %w", another))).To(BeEmpty(), "but they are remembered")
	g.Expect(c.CaptureException(ctx, another)).To(BeEmpty())
}

// An error that a function reports and then returns is one event.
func TestWrapRepeatsNothing(t *testing.T) {
	c, rec := newRecorded(t, testDSN)
	inContext, _ := raven.NewContext(t.Context(), c)
	for name, ctx := range map[string]context.Context{"with a Context": inContext, "without": t.Context()} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			before := len(rec.all())
			returned := c.Wrap(ctx, func(ctx context.Context) error {
				err := fmt.Errorf("made in %s", name)
				c.CaptureException(ctx, err)
				return err
			})
			g.Expect(returned).To(HaveOccurred())
			g.Expect(rec.all()).To(HaveLen(before + 1))
		})
	}
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
