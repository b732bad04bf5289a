// Package adaptertest has the specs for the adapters of all logging libraries.
// Each adapter has the same options with the same meaning. The package must not
// know a library.
package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transporttest"
)

// Adapter is the adapter of a library with levels L and options O.
type Adapter[L, O any] struct {
	// New returns a function that logs through an adapter with the client.
	New                 func(client *raven.Client, opts ...O) Call[L]
	WithEventLevel      func(L) O
	WithBreadcrumbLevel func(L) O
	WithLogger          func(string) O
	WithStack           func() O
	WithTags            func(...string) O
	Levels              [5]L // debug, info, warning, error, fatal
	JSON                bool // the adapter gets errors and values as JSON
}

// Call logs a record with the error that err returns, unless it is nil. err is
// a function so that a spec can capture the error below the call.
type Call[L any] func(ctx context.Context, level L, message string, err func() error, fields map[string]any)

func (c Call[L]) log(ctx context.Context, level L, message string, err error, fields map[string]any) {
	c(ctx, level, message, func() error { return err }, fields)
}

// The indexes of Adapter.Levels.
const (
	debug = iota
	info
	warning
	failure
	fatal
)

// Run runs the specs.
func Run[L, O any](t *testing.T, a Adapter[L, O]) {
	for name, spec := range map[string]func(*testing.T, Adapter[L, O]){
		"levels":         levels[L, O],
		"thresholds":     thresholds[L, O],
		"names":          names[L, O],
		"errors":         errorsAndFields[L, O],
		"values":         values[L, O],
		"tags":           tags[L, O],
		"stacks":         stacks[L, O],
		"clients":        clients[L, O],
		"no options":     noOptions[L, O],
		"one event":      oneEvent[L, O],
		"unrelated work": unrelatedWork[L, O],
		"own records":    ownRecords[L, O],
	} {
		t.Run(name, func(t *testing.T) { spec(t, a) })
	}
}

// newClient returns a client and the recorder of its events. It closes the
// client when the test ends.
func newClient(t *testing.T) (*raven.Client, *transporttest.Recorder) {
	t.Helper()
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@host.example/1", raven.WithTransport(rec))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client, rec
}

func (a Adapter[L, O]) recorded(t *testing.T, opts ...O) (Call[L], *raven.Client, *transporttest.Recorder) {
	t.Helper()
	client, rec := newClient(t)
	return a.New(client, opts...), client, rec
}

func levels[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l, _, rec := a.recorded(t, a.WithEventLevel(a.Levels[debug]))
	for i, want := range []string{"debug", "info", "warning", "error", "fatal"} {
		l.log(t.Context(), a.Levels[i], "m", nil, nil)
		g.Expect(rec.Events()[i].Level).To(Equal(want))
	}
}

// By default, error records are events and info records are breadcrumbs.
func thresholds[L, O any](t *testing.T, a Adapter[L, O]) {
	for _, tt := range []struct {
		opts   []O
		event  string
		crumbs []string
	}{
		{nil, "an error", []string{"an info", "a warning"}},
		{[]O{a.WithBreadcrumbLevel(a.Levels[warning])}, "an error", []string{"a warning"}},
		{[]O{a.WithEventLevel(a.Levels[warning]), a.WithBreadcrumbLevel(a.Levels[debug])}, "a warning", []string{"a debug", "an info"}},
		{[]O{a.WithBreadcrumbLevel(a.Levels[fatal])}, "an error", nil},
	} {
		g := NewWithT(t)
		l, client, rec := a.recorded(t, tt.opts...)
		ctx, _ := raven.NewContext(t.Context(), client)
		other, _ := raven.NewContext(t.Context(), client)
		for i, message := range []string{"a debug", "an info", "a warning", "an error"} {
			l.log(other, a.Levels[min(i, info)], "somewhere else", nil, nil)
			l.log(ctx, a.Levels[i], message, nil, nil)
		}
		e := rec.Events()[0]
		g.Expect(e.Message).To(Equal(tt.event))
		var crumbs []string
		for _, b := range e.Breadcrumbs {
			crumbs = append(crumbs, b.Message)
		}
		g.Expect(crumbs).To(Equal(tt.crumbs))
	}
}

func names[L, O any](t *testing.T, a Adapter[L, O]) {
	for name, category := range map[string]string{"shop": "shop", "": "log"} {
		g := NewWithT(t)
		l, _, rec := a.recorded(t, a.WithLogger(name))
		l.log(t.Context(), a.Levels[info], "before", nil, nil)
		l.log(t.Context(), a.Levels[failure], "failed", nil, nil)
		e := rec.Events()[0]
		g.Expect(e.Logger).To(Equal(name))
		g.Expect(e.Breadcrumbs).To(HaveExactElements(HaveField("Category", category)))
	}
}

type declined struct{ code int }

func (d *declined) Error() string { return string(rune(d.code)) }

// The error becomes the event's exception, and the fields its extra data. A
// breadcrumb has both in its data.
func errorsAndFields[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l, _, rec := a.recorded(t)
	pay := fmt.Errorf("pay: %w", errors.New("card declined"))
	l.log(t.Context(), a.Levels[warning], "before", pay, map[string]any{"user": "ada"})
	l.log(t.Context(), a.Levels[failure], "checkout failed", pay, map[string]any{"id": 17, "order": map[string]any{"from": "lyon"}})
	e := rec.Events()[0]
	g.Expect(e.Message).To(Equal("checkout failed"))
	g.Expect(e.Exceptions[len(e.Exceptions)-1].Value).To(Equal("pay: card declined"))
	if !a.JSON {
		g.Expect(e.Exceptions[0].Value).To(Equal("card declined"))
	}
	g.Expect(e.Extra).To(Equal(map[string]any{"id": 17.0, "order": map[string]any{"from": "lyon"}}))
	g.Expect(e.Breadcrumbs).To(HaveLen(1))
	g.Expect(e.Breadcrumbs[0].Level).To(Equal("warning"))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"user": "ada", "error": "pay: card declined"}))
	if !a.JSON {
		l.log(t.Context(), a.Levels[warning], "before", (*declined)(nil), nil)
		l.log(t.Context(), a.Levels[failure], "failed", (*declined)(nil), nil)
		e := rec.Events()[1]
		g.Expect(e.Exceptions).To(HaveExactElements(HaveField("Value", "<nil>")))
		g.Expect(e.Breadcrumbs[len(e.Breadcrumbs)-1].Data).To(Equal(map[string]any{"error": "<nil>"}))
	}
}

// An option among the fields applies to the event. Errors after the first are
// extra data.
func values[L, O any](t *testing.T, a Adapter[L, O]) {
	if a.JSON {
		t.Skip("JSON has no options and no errors")
	}
	g := NewWithT(t)
	l, _, rec := a.recorded(t)
	l.log(t.Context(), a.Levels[failure], "failed", errors.New("first"), map[string]any{
		"second": errors.New("and this"), "nil": (*declined)(nil), "issue": raven.Fingerprint{"one"}, "tags": raven.Tags{"shard": "7"},
	})
	e := rec.Events()[0]
	g.Expect(e.Exceptions).To(HaveExactElements(HaveField("Value", "first")))
	g.Expect(e.Extra).To(Equal(map[string]any{"second": "and this", "nil": "<nil>"}))
	g.Expect(e.Fingerprint).To(Equal([]string{"one"}))
	g.Expect(e.Tags).To(Equal(map[string]string{"shard": "7"}))

	l.log(t.Context(), a.Levels[failure], "failed", nil, map[string]any{"cause": errors.New("in another field")})
	g.Expect(rec.Events()[1].Exceptions).To(HaveExactElements(HaveField("Value", "in another field")))
}

// Fields with the names of tags become tags, except in groups. Breadcrumbs have
// no tags.
func tags[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l, _, rec := a.recorded(t, a.WithTags("zone", "absent"), a.WithTags("shard"))
	fields := map[string]any{"zone": "eu", "shard": 7, "db": map[string]any{"zone": "us"}, "other": true}
	l.log(t.Context(), a.Levels[info], "before", nil, fields)
	l.log(t.Context(), a.Levels[failure], "failed", nil, fields)
	e := rec.Events()[0]
	g.Expect(e.Tags).To(Equal(map[string]string{"zone": "eu", "shard": "7"}))
	g.Expect(e.Extra).To(Equal(map[string]any{"db": map[string]any{"zone": "us"}, "other": true}))
	g.Expect(e.Breadcrumbs[0].Data).To(HaveLen(4))
	g.Expect(fields).To(HaveLen(4), "the caller's map is unchanged")
}

// An event with an error has the stack of the call. Other events have it if
// WithStack is set.
func stacks[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l, _, rec := a.recorded(t)
	l.log(t.Context(), a.Levels[failure], "failed", nil, nil)
	l.log(t.Context(), a.Levels[failure], "failed", errors.New("x"), nil)
	withStack, _, withRec := a.recorded(t, a.WithStack())
	withStack.log(t.Context(), a.Levels[failure], "failed", nil, nil)
	e := append(rec.Events(), withRec.Events()...)
	g.Expect(e[0].Stacktrace).To(BeNil())
	for _, frames := range [][]string{functions(e[1].Exceptions[0].Stacktrace), functions(e[2].Stacktrace)} {
		g.Expect(len(frames)).To(BeNumerically(">", 2))
		i := slices.IndexFunc(frames, func(f string) bool { return strings.HasPrefix(f, "stacks") })
		g.Expect(i).To(Equal(len(frames)-3), "log and Call are between this function and the library: %v", frames)
	}
}

// An adapter without a client uses the client of the context, else the default
// client, at the time of each record.
func clients[L, O any](t *testing.T, a Adapter[L, O]) {
	g := NewWithT(t)
	l := a.New(nil)
	mine, own := newClient(t)
	ctx, _ := raven.NewContext(t.Context(), mine)
	def, rec := newClient(t)
	defer raven.SetDefault(nil)
	for _, client := range []*raven.Client{nil, def, nil} {
		raven.SetDefault(client)
		l.log(t.Context(), a.Levels[failure], "m", nil, nil)
		l.log(ctx, a.Levels[failure], "m", nil, nil)
	}
	g.Expect(rec.Events()).To(HaveLen(1))
	g.Expect(own.Events()).To(HaveLen(3))
}

// A nil option has no effect.
func noOptions[L, O any](t *testing.T, a Adapter[L, O]) {
	var none O
	l, _, rec := a.recorded(t, none)
	l.log(t.Context(), a.Levels[failure], "m", nil, nil)
	NewWithT(t).Expect(rec.Events()).To(HaveLen(1))
}
