package ravenslog_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"
	pkgerrors "github.com/pkg/errors"

	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

//go:noinline
func origin() error { return pkgerrors.New("made here") }

func TestAnErrorWithAStackKeepsIt(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	slog.New(ravenslog.NewHandler(client, nil)).Error("failed", "error", origin())
	frames := rec.Events()[0].Exceptions[0].Stacktrace.Frames
	NewWithT(t).Expect(frames[len(frames)-1].Function).To(Equal("origin"))
}

// The logger's attributes come before the record's.
func TestTheFirstErrorIsTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	slog.New(ravenslog.NewHandler(client, nil)).With("a", errors.New("the logger's")).Error("failed", "b", errors.New("the record's"))
	sentrytest.RequireEvent(t, rec, sentrytest.HasException("", "the logger's"), sentrytest.HasExtra("b", "the record's"))
}

type refusing struct {
	slog.Handler
	err error
}

func (r refusing) Handle(context.Context, slog.Record) error { return r.err }

func TestHandleReturnsTheErrorOfTheNextHandler(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	full := errors.New("the disk is full")
	h := ravenslog.NewHandler(client, refusing{slog.Default().Handler(), full})
	r := slog.Record{Level: slog.LevelError, Message: "m"}
	g.Expect(h.Handle(t.Context(), r)).To(BeIdenticalTo(full))
	rec.Fail(errors.New("no route to host"))
	g.Expect(h.Handle(t.Context(), r)).To(BeIdenticalTo(full), "not the client's")
	g.Expect(rec.Events()[0].Message).To(Equal("m"), "the handler reports it nevertheless")
}

func TestAttributesInGroupsAreNotTags(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithTags("shard"), ravenslog.WithTags("zone"))).
		Error("m", "zone", "eu", slog.Group("db", "shard", 7), "other", 1)
	e := rec.Events()[0]
	g := NewWithT(t)
	g.Expect(e.Tags).To(Equal(map[string]string{"zone": "eu"}))
	g.Expect(e.Extra).To(HaveKeyWithValue("db", HaveKeyWithValue("shard", 7.0)))
	g.Expect(e.Extra).To(HaveKey("other"))
}
