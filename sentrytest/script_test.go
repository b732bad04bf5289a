package sentrytest_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestScriptIsAQueue(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(
		sentrytest.Status(503).Times(2),
		sentrytest.Status(429).RetryAfter("30").RateLimits("60:error:organization"),
		sentrytest.OK().Header("X-Sentry-Rate-Limits", "1::key"),
	)
	srv.Script(sentrytest.Status(202).Body("fine"))
	var statuses []int
	var replies []reply
	for range 6 {
		r := store(t, srv, vectorJSON)
		statuses = append(statuses, r.Status)
		replies = append(replies, r)
	}
	g.Expect(statuses).To(Equal([]int{503, 503, 429, 200, 202, 200}))
	g.Expect(replies[0].Body).To(Equal(`{"detail":"failed to queue envelope"}`))
	g.Expect(replies[0].Header.Get("X-Sentry-Error")).To(Equal("failed to queue envelope"))
	g.Expect(replies[2].Header.Get("Retry-After")).To(Equal("30"))
	g.Expect(replies[2].Header.Get("X-Sentry-Rate-Limits")).To(Equal("60:error:organization"))
	g.Expect(replies[3].Header.Get("X-Sentry-Rate-Limits")).To(Equal("1::key"))
	g.Expect(replies[4].Body).To(Equal("fine"))
	g.Expect(srv.Events()).To(HaveLen(3), "what was answered with 2xx")
	g.Expect(srv.Requests()).To(HaveLen(6))
	g.Expect(srv.Rejected()).To(BeEmpty())
	g.Expect(srv.Requests()[2].Answer.Step).To(Equal(`Status(429).RetryAfter("30").RateLimits("60:error:organization")`))
	g.Expect(srv.Requests()[2].Decoded).To(Equal(vectorJSON))
	g.Expect(srv.Connections()).To(Equal(1))
}

// A script is about what the client does, so a 2xx step is no licence for
// nonsense, and only ingest requests count.
func TestScriptAndRefusals(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.OK(), sentrytest.Status(500))
	g.Expect(send(t, srv, "POST", "/elsewhere", "").Status).To(Equal(404))
	g.Expect(send(t, srv, "OPTIONS", storePath, "").Status).To(Equal(200))
	g.Expect(store(t, srv, "nonsense!").Status).To(Equal(400))
	g.Expect(store(t, srv, "nonsense!").Status).To(Equal(500))
	g.Expect(srv.Rejected()).To(HaveLen(2), "the 404 and the 400")
}

func TestStatusWithoutBody(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(204), sentrytest.Status(999), sentrytest.Redirect(302, "/there"))
	r := store(t, srv, vectorJSON)
	g.Expect(r.Status).To(Equal(204))
	g.Expect(r.Body).To(BeEmpty())
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(999))
	r = store(t, srv, vectorJSON)
	g.Expect(r.Status).To(Equal(302))
	g.Expect(r.Header.Get("Location")).To(Equal("/there"))
	g.Expect(srv.Events()).To(HaveLen(1))
}

func TestUnusedStepsFailTheTest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Script(sentrytest.Status(503).Times(2), sentrytest.Hang())
		srv.Script(sentrytest.OK().Optional(), sentrytest.OK().Times(-1))
		store(t, srv, vectorJSON)
	})
	g.Expect(failures).To(MatchRegexp(`^sentrytest: script not used up:\n` +
		`\tscript_test.go:\d+: Status\(503\).Times\(2\) was used 1 of 2 times\n` +
		`\tscript_test.go:\d+: Hang\(\) was never used\n` +
		`\tscript_test.go:\d+: OK\(\).Times\(-1\) was never used\n` +
		`  1 request came and was answered 503: clients pause after a failure ` +
		`\(this module's for 1 to 36 s; Deliver does not\)$`))
	g.Expect(logs).To(ContainSubstring("received 1 request"))

	failures, logs = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Script(sentrytest.Hang().Optional(), sentrytest.Reset().Times(3).Optional())
	})
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(BeEmpty())

	failures, _ = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Script(sentrytest.Status(500).Times(-1))
		store(t, srv, vectorJSON)
		store(t, srv, vectorJSON)
	})
	g.Expect(failures).To(BeEmpty())
}

func TestUnusedStepsAfterSeveralFailures(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Script(sentrytest.OK(), sentrytest.Status(429), sentrytest.CloseConn().Times(2), sentrytest.Hang())
		store(t, srv, vectorJSON)
		store(t, srv, vectorJSON)
		_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
		g.Expect(err).To(HaveOccurred())
	})
	g.Expect(failures).To(ContainSubstring("\n  2 requests came and were answered 429 or not answered: clients pause"))

	// A refusal of one event is no reason to hold back others.
	failures, _ = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Script(sentrytest.Status(413), sentrytest.Hang())
		store(t, srv, vectorJSON)
	})
	g.Expect(failures).To(HaveSuffix("Hang() was never used"))
}

func TestUnusedStepsAreAnErrorOfClose(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, err := sentrytest.Start()
	g.Expect(err).NotTo(HaveOccurred())
	srv.Script(sentrytest.Hang())
	err = srv.Close()
	var unused *sentrytest.UnusedStepsError
	g.Expect(errors.As(err, &unused)).To(BeTrue())
	g.Expect(unused.Steps).To(HaveLen(1))
	g.Expect(srv.Close()).To(Equal(err), "Close is idempotent")
}

func TestStepText(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for want, step := range map[string]sentrytest.Step{
		`OK()`:                              {},
		`OK().After(50ms)`:                  sentrytest.OK().After(50 * time.Millisecond),
		`Status(429).RetryAfter("30")`:      sentrytest.Status(429).RetryAfter("30"),
		`Status(503).Times(2).Optional()`:   sentrytest.Status(503).Optional().Times(2),
		`Hang()`:                            sentrytest.Hang(),
		`Reset().Times(2)`:                  sentrytest.Reset().Times(2),
		`CloseConn()`:                       sentrytest.CloseConn(),
		`StallBody()`:                       sentrytest.StallBody(),
		`SlowBody(1s)`:                      sentrytest.SlowBody(time.Second),
		`Truncate(10)`:                      sentrytest.Truncate(10),
		`OK().ThenClose()`:                  sentrytest.OK().ThenClose(),
		`OK().Header("X-A", "b").Body("c")`: sentrytest.OK().Header("x-a", "b").Body("c"),
		`Status(302).Header("Location", "http://h/")`: sentrytest.Redirect(302, "http://h/"),
	} {
		g.Expect(step.String()).To(Equal(want))
	}
}

// A step that was derived from another does not change it.
func TestStepsAreValues(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	base := sentrytest.Status(429).Header("A", "1")
	_ = base.Header("A", "2").RetryAfter("3").Body("x").Times(4).Optional()
	g.Expect(base.String()).To(Equal(`Status(429).Header("A", "1")`))
}

func TestStepMisuse(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(func() { sentrytest.Status(99) }).To(PanicWith(ContainSubstring("Status(99)")))
	g.Expect(func() { sentrytest.Status(100) }).To(Panic())
	g.Expect(func() { sentrytest.Hang().ThenClose() }).To(PanicWith(ContainSubstring("Hang() cannot be followed")))
	g.Expect(func() { sentrytest.OK().Times(0) }).To(PanicWith(ContainSubstring("never used")))
}
