package ravenzap_test

import (
	"context"
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/zap"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
)

// failing captures an error and returns it.
//
//go:noinline
func failing(ctx context.Context, client *raven.Client, text string) error {
	err := errors.New(text)
	client.CaptureException(ctx, err)
	return err
}

// What a program captures and then logs is one event, although zap loggers
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

			core := ravenzap.NewCore(client)
			log := zap.New(core)
			withCaller := zap.New(core, zap.AddCaller())

			events := func() int { return len(rec.Take()) }

			err := errors.New("here")
			client.CaptureException(ctx, err)
			log.Error("failed", ravenzap.Context(logged), zap.Error(err))
			g.Expect(events()).To(Equal(1), "in one function")

			err = failing(ctx, client, "deep")
			log.Error("failed", ravenzap.Context(logged), zap.Error(err))
			g.Expect(events()).To(Equal(1), "in the caller")

			err = errors.New("logged first")
			log.Error("failed", ravenzap.Context(logged), zap.Error(err))
			client.CaptureException(ctx, err)
			g.Expect(events()).To(Equal(1), "the other way round")

			client.CaptureException(ctx, errors.New("one"))
			err = errors.New("two")
			log.Error("failed", ravenzap.Context(logged), zap.Error(err))
			g.Expect(events()).To(Equal(2), "two errors")

			err = failing(ctx, client, "with the caller")
			withCaller.Error("failed", ravenzap.Context(logged), zap.Error(err))
			g.Expect(events()).To(Equal(1), "with the caller")
		})
	}
}

// Work that shares no more than an error is not one event.
func TestUnrelatedWorkIsNotOneEvent(t *testing.T) {
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	logged := t.Context()

	core := ravenzap.NewCore(client)
	log := zap.New(core)

	err := errors.New("connection is broken")
	done := make(chan struct{})
	go func() {
		defer close(done)
		client.CaptureException(context.Background(), err)
	}()
	<-done
	log.Error("failed", ravenzap.Context(logged), zap.Error(err))
	g.Expect(rec.Take()).To(HaveLen(2))
}
