package ravenkit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transporttest"
)

// recorded makes a client and its recorder.
func recorded(opts ...raven.Option) (*raven.Client, *transporttest.Recorder) {
	GinkgoHelper()
	rec := transporttest.NewRecorder()
	return newClient("https://k@sentry.test/1", append([]raven.Option{raven.WithTransport(rec)}, opts...)...), rec
}

// last returns the event that was captured last.
func last(rec *transporttest.Recorder) sentrytest.Event {
	GinkgoHelper()
	events := rec.Events()
	Expect(events).NotTo(BeEmpty())
	return events[len(events)-1]
}

// trail returns the messages of an event's breadcrumbs.
func trail(ev sentrytest.Event) (messages []string) {
	for _, b := range ev.Breadcrumbs {
		messages = append(messages, b.Message)
	}
	return messages
}

var _ = Describe("A Context", func() {
	It("separates two requests that are served at the same time", func(ctx SpecContext) {
		client, rec := recorded(raven.WithTags(raven.Tags{"program": "shop"}))
		client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "started"})
		both := make(chan struct{}, 2)
		ready := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			id := r.URL.Query().Get("user")
			ctx, rc := raven.NewContext(r.Context(), client)
			rc.Merge(raven.User{ID: id}, raven.Tags{"only-" + id: "yes"})
			raven.Record(ctx, raven.Breadcrumb{Message: "hello " + id})
			both <- struct{}{}
			<-ready
			client.CaptureException(ctx, errors.New("failed for "+id))
		}))
		DeferCleanup(srv.Close)
		for _, id := range []string{"ann", "bob"} {
			go func() {
				defer GinkgoRecover()
				resp, err := srv.Client().Get(srv.URL + "?user=" + id)
				Expect(err).NotTo(HaveOccurred())
				Expect(resp.Body.Close()).To(Succeed())
			}()
		}
		for range 2 {
			Eventually(ctx, both).Should(Receive())
		}
		close(ready)
		Expect(rec.Wait(within(ctx), 2)).To(HaveLen(2))
		for _, id := range []string{"ann", "bob"} {
			event := sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasException("", "failed for "+id), sentrytest.HasUserID(id))
			Expect(event.Tags).To(Equal(map[string]string{"program": "shop", "only-" + id: "yes"}))
			Expect(trail(event)).To(Equal([]string{"started", "hello " + id}))
		}
		client.CaptureMessage(ctx, "afterwards")
		Expect(last(rec).User.ID).To(BeEmpty())
		Expect(trail(last(rec))).To(Equal([]string{"started"}))
	})

	It("is merged key by key; the event and the capture's options take precedence", func(ctx SpecContext) {
		client, rec := recorded()
		ctx2, rc := raven.NewContext(ctx, client)
		client.TagsContext(ctx2, raven.Tags{"a": "1", "b": "1"})
		client.TagsContext(ctx2, raven.Tags{"b": "2"})
		client.ExtraContext(ctx2, raven.Extra{"x": 1})
		client.UserContext(ctx2, raven.User{ID: "7"})
		client.HTTPContext(ctx2, &raven.Request{URL: "http://shop.test/"})
		client.Capture(ctx2, &raven.Event{Message: "m", Tags: raven.Tags{"b": "event"}}, raven.Extra{"x": 2})
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasTag("a", "1"), sentrytest.HasTag("b", "event"), sentrytest.HasExtra("x", 2), sentrytest.HasUserID("7"))
		Expect(last(rec).Request.URL).To(Equal("http://shop.test/"))
		Expect(rc.Get().Tags).To(Equal(raven.Tags{"a": "1", "b": "2"}))

		rc.Set(raven.Tags{"c": "3"})
		client.CaptureMessage(ctx2, "m")
		Expect(last(rec).Tags).To(Equal(map[string]string{"c": "3"}))
	})

	It("receives breadcrumbs only while it is active, but its data is always used", func(ctx SpecContext) {
		client, rec := recorded()
		ctx2, rc := raven.NewContext(ctx, client)
		for _, step := range []struct {
			name string
			do   func()
		}{
			{"active from the start", func() {}},
			{"deactivated", rc.Deactivate},
			{"merged without activating", func() { rc.Merge(raven.Tags{"k": "v"}, raven.Activate(false)) }},
			{"merged", func() { rc.Merge(raven.Tags{"l": "w"}) }},
			{"deactivated again", rc.Deactivate},
			{"activated", rc.Activate},
		} {
			step.do()
			raven.Record(ctx2, raven.Breadcrumb{Message: step.name})
		}
		rc.Deactivate()
		client.CaptureMessage(ctx2, "x")
		Expect(trail(last(rec))).To(Equal([]string{"active from the start", "merged", "activated"}))
		Expect(last(rec).Tags).To(Equal(map[string]string{"k": "v", "l": "w"}))
	})

	It("is deactivated by Clear, unless it is the client's own or Clear is told to keep it active", func(ctx SpecContext) {
		client, rec := recorded()
		ctx2, rc := raven.NewContext(ctx, client)
		rc.Merge(raven.Tags{"k": "v"})
		raven.Record(ctx2, raven.Breadcrumb{Message: "before"})
		rc.Clear(false)
		Expect(rc.Active()).To(BeTrue())
		rc.Clear()
		Expect(rc.Active()).To(BeFalse())
		client.CaptureMessage(ctx2, "x")
		Expect(last(rec).Tags).To(BeEmpty())
		Expect(last(rec).Breadcrumbs).To(BeEmpty())

		client.Context().Clear()
		Expect(client.Context().Active()).To(BeTrue())
		client.Context().Clear(true)
		Expect(client.Context().Active()).To(BeFalse())
	})

	It("is bound during a function", func(ctx SpecContext) {
		client, rec := recorded()
		_, rc := raven.NewContext(ctx, client)
		rc.Deactivate()
		Expect(func() {
			rc.With(ctx, func(ctx context.Context) {
				raven.Record(ctx, raven.Breadcrumb{Message: "within"})
				client.CaptureMessage(ctx, "x")
				panic("passes")
			})
		}).To(PanicWith("passes"))
		Expect(trail(last(rec))).To(Equal([]string{"within"}))
		Expect(rc.Active()).To(BeFalse())
	})

	It("is separate from those of other clients", func(ctx SpecContext) {
		one, recOne := recorded()
		two, recTwo := recorded()
		ctx2, _ := raven.NewContext(ctx, one)
		ctx2, _ = raven.NewContext(ctx2, two)
		one.TagsContext(ctx2, raven.Tags{"of": "one"})
		two.TagsContext(ctx2, raven.Tags{"of": "two"})
		raven.Record(ctx2, raven.Breadcrumb{Message: "for both"})
		for client, rec := range map[*raven.Client]*transporttest.Recorder{one: recOne, two: recTwo} {
			client.CaptureMessage(ctx2, "x")
			Expect(trail(last(rec))).To(Equal([]string{"for both"}))
		}
		Expect(last(recOne).Tags).To(Equal(map[string]string{"of": "one"}))
		Expect(last(recTwo).Tags).To(Equal(map[string]string{"of": "two"}))
	})

	It("reports an error once, even if several layers wrap and report it", func(ctx SpecContext) {
		client, rec := recorded()
		serve := func(ctx context.Context) {
			ctx, _ = raven.NewContext(ctx, client)
			err := fmt.Errorf("dial %s: refused", "db1")
			client.CaptureException(ctx, err)
			err = fmt.Errorf("load user: %w", err)
			client.CaptureException(ctx, err)
			client.CaptureException(ctx, fmt.Errorf("handle: %w", err))
		}
		serve(ctx)
		Expect(rec.Events()).To(HaveLen(1))
		serve(ctx)
		Expect(rec.Events()).To(HaveLen(2), "another request has another Context")
	})

	It("does not mistake errors for one because both wrap sql.ErrNoRows", func(ctx SpecContext) {
		client, rec := recorded()
		ctx2, _ := raven.NewContext(ctx, client)
		client.CaptureException(ctx2, sql.ErrNoRows)
		client.CaptureException(ctx2, sql.ErrNoRows)
		client.CaptureException(ctx2, fmt.Errorf("user 7: %w", sql.ErrNoRows))
		client.CaptureException(ctx2, fmt.Errorf("order 9: %w", sql.ErrNoRows))
		Expect(rec.Events()).To(HaveLen(4))
	})
})

var _ = Describe("Breadcrumbs", func() {
	It("are processed once, when an event needs them", func(ctx SpecContext) {
		client, rec := recorded()
		runs := 0
		client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Category: "cache", Data: map[string]any{"key": "k"}, Process: func(b *raven.Breadcrumb) {
			runs++
			b.Message = fmt.Sprintf("looked up %v", b.Data["key"])
		}})
		Expect(runs).To(BeZero())
		for range 2 {
			client.CaptureMessage(ctx, "x")
			Expect(trail(last(rec))).To(Equal([]string{"looked up k"}))
		}
		Expect(runs).To(Equal(1))
	})

	It("are recorded once if they are equal and in sequence", func(ctx SpecContext) {
		client, rec := recorded()
		for _, message := range []string{"42", "42", "42", "23", "23", "23", "42"} {
			client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: message})
		}
		client.CaptureMessage(ctx, "x")
		Expect(trail(last(rec))).To(Equal([]string{"42", "23", "42"}))
	})

	It("are not recorded if they are switched off", func(ctx SpecContext) {
		client, rec := recorded(raven.WithBreadcrumbs(0))
		client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "into the black hole"})
		client.CaptureMessage(ctx, "x")
		Expect(last(rec).Breadcrumbs).To(BeEmpty())
	})
})
