package adaptertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// functions returns the names of a stack's functions, the innermost last.
func functions(st *sentrytest.Stacktrace) []string {
	var names []string
	for _, f := range st.Frames {
		names = append(names, f.Function)
	}
	return names
}

// failing captures an error and returns it.
//
//go:noinline
func failing(ctx context.Context, client *raven.Client, text string) error {
	err := errors.New(text)
	client.CaptureException(ctx, err)
	return err
}

// status is an error that is not a pointer.
type status struct{ n int }

func (s status) Error() string { return fmt.Sprint("status ", s.n) }

// An error that a program captures and then logs is one event, also if the
// logger has no context.
func oneEvent[L, O any](t *testing.T, a Adapter[L, O]) {
	for _, in := range []string{"a Context", "none", "one that the logger does not have"} {
		t.Run(in, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { oneEventIn(t, a, in) })
		})
	}
}

func oneEventIn[L, O any](t *testing.T, a Adapter[L, O], in string) {
	g := NewWithT(t)
	l, client, rec := a.recorded(t)
	ctx := t.Context()
	logged := ctx
	if in != "none" {
		ctx, _ = raven.NewContext(ctx, client)
	}
	if in == "a Context" {
		logged = ctx
	}
	log := func(message string, err error) { l.log(logged, a.Levels[failure], message, err, nil) }
	events := func() int { return len(rec.Take()) }

	err := fmt.Errorf("made in %s", in)
	client.CaptureException(ctx, err)
	log("failed", err)
	g.Expect(events()).To(Equal(1), "in one function")

	l(logged, a.Levels[failure], "failed", func() error { return failing(ctx, client, "deep") }, nil)
	g.Expect(events()).To(Equal(1), "in the caller")

	err = fmt.Errorf("logged first in %s", in)
	log("failed", err)
	client.CaptureException(ctx, err)
	g.Expect(events()).To(Equal(1), "logged before the capture")

	client.CaptureException(ctx, errors.New("one"))
	log("failed", errors.New("two"))
	g.Expect(events()).To(Equal(2), "two errors")

	err = errors.New("lost")
	client.CaptureException(ctx, err, raven.SampleRate(0))
	log("failed", err)
	g.Expect(events()).To(Equal(1), "the capture was sampled out")

	client.CaptureException(ctx, io.EOF)
	client.CaptureException(ctx, io.EOF)
	g.Expect(events()).To(Equal(2), "two captures")

	client.CaptureException(ctx, status{7})
	log("failed", status{7})
	g.Expect(events()).To(Equal(1), "a value")
	client.CaptureException(ctx, status{8})
	log("failed", status{9})
	g.Expect(events()).To(Equal(2), "two values")

	if a.JSON {
		return // the rest needs the error, not only its text
	}

	_ = client.Wrap(ctx, func(context.Context) error {
		err := errors.New("returned")
		log("failed", err)
		return err
	})
	g.Expect(events()).To(Equal(1), "logged and returned")

	client.CaptureException(ctx, errors.New("same text"))
	log("failed", errors.New("same text"))
	g.Expect(events()).To(Equal(2), "two errors with one text")

	log("one", err)
	log("two", err)
	g.Expect(events()).To(Equal(2), "two records")

	client.CaptureException(ctx, sql.ErrNoRows)
	log("user 7", sql.ErrNoRows)
	log("order 9", sql.ErrNoRows)
	g.Expect(events()).To(Equal(2), "a capture matches one record")

	client.CaptureException(ctx, fs.ErrNotExist)
	time.Sleep(5 * time.Second)
	client.CaptureException(ctx, errors.New("meanwhile"))
	log("much later", fs.ErrNotExist)
	g.Expect(events()).To(Equal(3), "too late to be the same")
}

// Pieces of work that share only an error make separate events.
func unrelatedWork[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l, client, rec := a.recorded(t)

	sticky := errors.New("connection is broken")
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.CaptureException(context.Background(), sticky)
	}()
	<-done
	l.log(t.Context(), a.Levels[failure], "on another goroutine", sticky, nil)
	g.Expect(rec.Take()).To(HaveLen(2))

	sticky = errors.New("connection is still broken")
	one, _ := raven.NewContext(t.Context(), client)
	two, _ := raven.NewContext(t.Context(), client)
	client.CaptureException(one, sticky)
	l.log(two, a.Levels[failure], "in another Context", sticky, nil)
	g.Expect(rec.Take()).To(HaveLen(2))

	sticky = errors.New("connection is broken for ever")
	func() { client.CaptureException(t.Context(), sticky) }()
	func() { l.log(t.Context(), a.Levels[failure], "in another function", sticky, nil) }()
	g.Expect(rec.Take()).To(HaveLen(2))
}
