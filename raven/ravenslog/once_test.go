package ravenslog_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
)

// failing captures an error and returns it.
//
//go:noinline
func failing(ctx context.Context, client *raven.Client, text string) error {
	err := errors.New(text)
	client.CaptureException(ctx, err)
	return err
}

// status is an error that is no pointer.
type status struct{ n int }

func (s status) Error() string { return fmt.Sprint("status ", s.n) }

// What a program captures and then logs is one event.
func TestAnErrorIsOneEvent(t *testing.T) {
	for _, in := range []string{"a Context", "none", "one that the log does not know"} {
		t.Run(in, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				client, rec := clienttest.Recorded(t)
				log := slog.New(ravenslog.NewHandler(client, nil))
				ctx := t.Context()
				logged := ctx
				if in != "none" {
					ctx, _ = raven.NewContext(ctx, client)
				}
				if in == "a Context" {
					logged = ctx
				}
				events := func() int { return len(rec.Take()) }

				err := fmt.Errorf("made in %s", in)
				client.CaptureException(ctx, err)
				log.ErrorContext(logged, "failed", "err", err)
				g.Expect(events()).To(Equal(1), "in one function")

				log.ErrorContext(logged, "failed", "err", failing(ctx, client, "deep"))
				g.Expect(events()).To(Equal(1), "in the caller")

				err = fmt.Errorf("logged first in %s", in)
				log.ErrorContext(logged, "failed", "err", err)
				client.CaptureException(ctx, err)
				g.Expect(events()).To(Equal(1), "the other way round")

				_ = client.Wrap(ctx, func(context.Context) error {
					err := errors.New("returned")
					log.ErrorContext(logged, "failed", "err", err)
					return err
				})
				g.Expect(events()).To(Equal(1), "logged and returned")

				client.CaptureException(ctx, errors.New("same text"))
				log.ErrorContext(logged, "failed", "err", errors.New("same text"))
				g.Expect(events()).To(Equal(2), "two errors")

				log.ErrorContext(logged, "one", "err", err)
				log.ErrorContext(logged, "two", "err", err)
				g.Expect(events()).To(Equal(2), "two records")

				client.CaptureException(ctx, sql.ErrNoRows)
				log.ErrorContext(logged, "user 7", "err", sql.ErrNoRows)
				log.ErrorContext(logged, "order 9", "err", sql.ErrNoRows)
				g.Expect(events()).To(Equal(2), "a capture goes with one record")
				client.CaptureException(ctx, io.EOF)
				client.CaptureException(ctx, io.EOF)
				g.Expect(events()).To(Equal(2), "two captures")

				err = errors.New("lost")
				client.CaptureException(ctx, err, raven.SampleRate(0))
				log.ErrorContext(logged, "failed", "err", err)
				g.Expect(events()).To(Equal(1), "the capture was sampled out")

				client.CaptureException(ctx, fs.ErrNotExist)
				time.Sleep(5 * time.Second)
				client.CaptureException(ctx, errors.New("meanwhile"))
				log.ErrorContext(logged, "much later", "err", fs.ErrNotExist)
				g.Expect(events()).To(Equal(3), "too late to be the same")

				client.CaptureException(ctx, status{7})
				log.ErrorContext(logged, "failed", "err", status{7})
				g.Expect(events()).To(Equal(1), "a value")
				client.CaptureException(ctx, status{8})
				log.ErrorContext(logged, "failed", "err", status{9})
				g.Expect(events()).To(Equal(2), "two values")
			})
		})
	}
}

// Work that shares no more than an error is not one event.
func TestUnrelatedWorkIsNotOneEvent(t *testing.T) {
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	log := slog.New(ravenslog.NewHandler(client, nil))

	sticky := errors.New("connection is broken")
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.CaptureException(context.Background(), sticky)
	}()
	<-done
	log.Error("on another goroutine", "err", sticky)
	g.Expect(rec.Take()).To(HaveLen(2))

	sticky = errors.New("connection is still broken")
	one, _ := raven.NewContext(t.Context(), client)
	two, _ := raven.NewContext(t.Context(), client)
	client.CaptureException(one, sticky)
	log.ErrorContext(two, "in another Context", "err", sticky)
	g.Expect(rec.Take()).To(HaveLen(2))

	sticky = errors.New("connection is broken for ever")
	func() { client.CaptureException(t.Context(), sticky) }()
	func() { log.ErrorContext(t.Context(), "in a function beside", "err", sticky) }()
	g.Expect(rec.Take()).To(HaveLen(2))
}
