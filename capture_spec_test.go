package ravenkit_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// declined is an event type of the program.
type declined struct{ card, order string }

func (d declined) FillEvent(ev *raven.Event) {
	ev.Message = "card declined"
	ev.Fingerprint = raven.Fingerprint{"declined", d.card}
	ev.Tags = raven.Tags{"order": d.order}
}

var _ = Describe("A capture", func() {
	It("reports a query", func(ctx SpecContext) {
		client, rec := recorded()
		client.CaptureQuery(ctx, "select * from users where name like '%s'", "postgres", raven.LevelWarning)
		sentrytest.RequireEvent(GinkgoTB(), rec,
			sentrytest.HasMessage("select * from users where name like '%s'"),
			sentrytest.HasJSON("sentry.interfaces.Query.engine", "postgres"),
			sentrytest.HasLevel(raven.LevelWarning))
	})

	It("reports an event of the program's own type", func(ctx SpecContext) {
		client, rec := recorded()
		client.Capture(ctx, nil, raven.Custom(declined{"visa", "17"}), raven.Tags{"shop": "lyon"})
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasMessage("card declined"), sentrytest.HasFingerprint("declined", "visa"),
			sentrytest.HasTag("order", "17"), sentrytest.HasTag("shop", "lyon"))
	})

	It("reports a text together with an error", func(ctx SpecContext) {
		client, rec := recorded()
		client.CaptureException(ctx, errors.New("refused"), raven.Message("can't reach %s"), raven.Params{"db1"})
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasMessage("can't reach db1"), sentrytest.HasException("", "refused"))
	})

	It("has the given stack", func(ctx SpecContext) {
		client, rec := recorded()
		pcs := make([]uintptr, 1)
		runtime.Callers(1, pcs)
		client.CaptureMessage(ctx, "from a log record", raven.Callers(pcs))
		Expect(last(rec).Stacktrace.Frames).To(HaveLen(1))
		Expect(last(rec).Stacktrace.Frames[0].Filename).To(HaveSuffix("capture_spec_test.go"))
	})

	It("has the site as a tag, unless it has that tag already", func(ctx SpecContext) {
		client, rec := recorded(raven.WithSite("lyon"))
		for _, tt := range []struct {
			want string
			opts []raven.CaptureOption
		}{
			{"lyon", nil},
			{"nice", []raven.CaptureOption{raven.Site("nice")}},
			{"tagged", []raven.CaptureOption{raven.Site("nice"), raven.Tags{"site": "tagged"}}},
		} {
			client.CaptureMessage(ctx, "x", tt.opts...)
			Expect(last(rec).Tags).To(HaveKeyWithValue("site", tt.want))
		}
	})

	It("may have its own credentials", func(ctx SpecContext) {
		client, rec := recorded()
		Expect(client.Send(ctx, &raven.Event{Message: "x"}, raven.AuthHeader("Sentry sentry_version=7, sentry_key=other"))).To(Succeed())
		Expect(rec.Packets()[0].Header.Get("X-Sentry-Auth")).To(Equal("Sentry sentry_version=7, sentry_key=other"))
	})

	It("uses the default client, once there is one", func(ctx SpecContext) {
		Expect(raven.CaptureMessage(ctx, "nobody listens")).To(BeEmpty())
		client, rec := recorded()
		raven.SetDefault(client)
		DeferCleanup(raven.SetDefault, (*raven.Client)(nil))
		id := raven.CaptureException(ctx, errors.New("heard"))
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasEventID(id), sentrytest.HasException("", "heard"))
	})
})

var _ = Describe("Wrap", func() {
	It("reports the error of a function, and returns it unchanged", func(ctx SpecContext) {
		client, rec := recorded()
		failure := &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist}
		err := client.Wrap(ctx, func(context.Context) error { return failure })
		Expect(err).To(BeIdenticalTo(failure))
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasException("*fs.PathError", "open /x: file does not exist"))
	})

	It("reports only the listed errors", func(ctx SpecContext) {
		client, rec := recorded()
		list := raven.Only(raven.As[*fs.PathError]())
		Expect(client.Wrap(ctx, func(context.Context) error { return io.EOF }, list)).To(MatchError(io.EOF))
		Expect(rec.Events()).To(BeEmpty())
	})

	It("reports a panic, which then continues", func(ctx SpecContext) {
		client, rec := recorded()
		Expect(func() { _ = client.Wrap(ctx, func(context.Context) error { panic("boom") }) }).To(PanicWith("boom"))
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasException("", "boom"), sentrytest.HasLevel(raven.LevelFatal))
	})
})

var _ = Describe("Go", func() {
	It("runs a function with a Context of its own, and reports its panic", func(ctx SpecContext) {
		client, rec := recorded()
		parent, rc := raven.NewContext(ctx, client)
		rc.Merge(raven.Tags{"of": "parent", "kept": "yes"})
		raven.Go(parent, func(ctx context.Context) {
			raven.FromContext(ctx).Merge(raven.Tags{"of": "child"})
			panic("boom")
		})
		Expect(rec.Wait(within(ctx), 1)).To(HaveLen(1))
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasException("", "boom"), sentrytest.HasTag("of", "child"), sentrytest.HasTag("kept", "yes"))
		Expect(rc.Get().Tags).To(HaveKeyWithValue("of", "parent"))
	})
})
