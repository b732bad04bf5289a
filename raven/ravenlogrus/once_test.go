package ravenlogrus_test

import (
	"context"
	"errors"
	"io"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
)

// failing captures an error and returns it.
//
//go:noinline
func failing(ctx context.Context, client *raven.Client, text string) error {
	err := errors.New(text)
	client.CaptureException(ctx, err)
	return err
}

// What a program captures and then logs is one event, although logrus loggers
// mostly have no context.
func TestAnErrorIsOneEvent(t *testing.T) {
	for _, in := range []string{"a Context", "none", "one that the log does not know"} {
		t.Run(in, func(t *testing.T) {
			g := NewWithT(t)
			client, rec := clienttest.Recorded(t)
			ctx := t.Context()
			if in != "none" {
				ctx, _ = raven.NewContext(ctx, client)
			}
			logged := t.Context()
			if in == "a Context" {
				logged = ctx
			}

			logger := logrus.New()
			logger.SetOutput(io.Discard)
			logger.AddHook(ravenlogrus.NewHook(client))
			log := logger.WithContext(logged)

			events := func() int { return len(rec.Take()) }

			err := errors.New("here")
			client.CaptureException(ctx, err)
			log.WithError(err).Error("failed")
			g.Expect(events()).To(Equal(1), "in one function")

			err = failing(ctx, client, "deep")
			log.WithError(err).Error("failed")
			g.Expect(events()).To(Equal(1), "in the caller")

			err = errors.New("logged first")
			log.WithError(err).Error("failed")
			client.CaptureException(ctx, err)
			g.Expect(events()).To(Equal(1), "the other way round")

			client.CaptureException(ctx, errors.New("one"))
			err = errors.New("two")
			log.WithError(err).Error("failed")
			g.Expect(events()).To(Equal(2), "two errors")
		})
	}
}

// Work that shares no more than an error is not one event.
func TestUnrelatedWorkIsNotOneEvent(t *testing.T) {
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	logged := t.Context()

	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(ravenlogrus.NewHook(client))
	log := logger.WithContext(logged)

	err := errors.New("connection is broken")
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.CaptureException(context.Background(), err)
	}()
	<-done
	log.WithError(err).Error("failed")
	g.Expect(rec.Take()).To(HaveLen(2))
}
