package sentrytest_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Each condition with a request that meets it and one that does not.
func TestConditions(t *testing.T) {
	t.Parallel()
	event := func(fields string) string { return `{"event_id":"` + vectorID + `",` + fields + `}` }
	sessions := "{}\n{\"type\":\"session\"}\n{}\n"
	withEvent := "{\"event_id\":\"" + vectorID + "\"}\n{\"type\":\"event\"}\n{\"level\":\"fatal\"}\n{\"type\":\"attachment\"}\nabc\n"
	for _, c := range []struct {
		condition     sentrytest.Condition
		text          string
		path, yes, no string
	}{
		{sentrytest.OnSizeOver(20), `OnSizeOver(20)`, storePath, message("a long enough message"), message("a")},
		{sentrytest.OnSizeUnder(20), `OnSizeUnder(20)`, storePath, message("a"), message("a long enough message")},
		{sentrytest.OnLevel("fatal"), `OnLevel("fatal")`, storePath, event(`"level":"fatal"`), event(`"level":"info"`)},
		{sentrytest.OnLevel("fatal"), `OnLevel("fatal")`, envelopePath, withEvent, sessions},
		{sentrytest.OnItem("session"), `OnItem("session")`, envelopePath, sessions, withEvent},
		{sentrytest.OnItem("attachment"), `OnItem("attachment")`, envelopePath, withEvent, sessions},
		{sentrytest.OnItem("event"), `OnItem("event")`, storePath, vectorJSON, "nonsense!"},
		{sentrytest.OnCategory("session"), `OnCategory("session")`, envelopePath, sessions, withEvent},
		{sentrytest.OnCategory("error"), `OnCategory("error")`, envelopePath, withEvent, sessions},
		{sentrytest.OnCategory("attachment"), `OnCategory("attachment")`, envelopePath, withEvent, sessions},
		{
			sentrytest.OnEvent(sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7")),
			`OnEvent(message "boom" and tag shard="7")`, storePath,
			event(`"message":"boom","tags":{"shard":"7"}`), event(`"message":"boom"`),
		},
		{sentrytest.OnMessage("^bo+m$"), `OnMessage("^bo+m$")`, storePath, event(`"message":"boom"`), event(`"message":"a boom"`)},
		{sentrytest.OnEvent(sentrytest.HasEventID(vectorID)), `OnEvent(event id ` + vectorID + `)`, storePath, vectorJSON, message("x")},
		{sentrytest.Condition{}, `Condition{}`, storePath, vectorJSON, ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			srv.Rule(sentrytest.When(c.condition).Do(sentrytest.Status(418)))
			g.Expect(c.condition.String()).To(Equal(c.text))
			g.Expect(send(t, srv, "POST", c.path, c.yes, authLine).Status).To(Equal(418))
			if c.no != "" {
				g.Expect(send(t, srv, "POST", c.path, c.no, authLine).Status).NotTo(Equal(418))
			}
		})
	}
}

func TestConditionsOnPaths(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Rule(
		sentrytest.When(sentrytest.OnPath("/api/42/*")).Do(sentrytest.Status(418)),
		sentrytest.When(sentrytest.OnEndpoint("envelope")).Do(sentrytest.Status(503)),
	)
	srv.Rule(sentrytest.When(sentrytest.OnEndpoint("security")).Do(sentrytest.Status(501)))
	for path, want := range map[string]int{
		"/api/1/security/": 501,
		"/api/42/store/":   418, "/api/42/envelope/": 418, "/api/42/envelope": 418,
		"/api/1/envelope/": 503, "/api/1/store/": 200, "/elsewhere": 404,
	} {
		g.Expect(send(t, srv, "POST", path, vectorJSON, authLine).Status).To(Equal(want), path)
	}
	g.Expect(func() { sentrytest.OnPath("[") }).To(PanicWith(`sentrytest: OnPath("[") is not allowed, want a path in which * stands for anything but a slash`))
}

func TestOnAttempt(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Rule(
		sentrytest.When(sentrytest.OnAttempt(1)).Do(sentrytest.Status(503)),
		sentrytest.When(sentrytest.OnAttempt(3)).Do(sentrytest.Status(500)),
	)
	other := `{"event_id":"0123456789abcdef0123456789abcdef"}`
	var got []int
	for _, body := range []string{vectorJSON, other, vectorJSON, vectorJSON, other, "nonsense!"} {
		got = append(got, store(t, srv, body).Status)
	}
	g.Expect(got).To(Equal([]int{503, 503, 200, 500, 200, 400}))
	g.Expect(func() { sentrytest.OnAttempt(0) }).To(PanicWith("sentrytest: OnAttempt(0) is not allowed, want 1 for the first attempt, and so on"))
}

// Rules go before the script, the first that fits serves, and one that is used
// up lets the next have its turn.
func TestRulesBeforeTheScript(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(500), sentrytest.Status(501))
	srv.Rule(
		sentrytest.When(sentrytest.OnSizeOver(10)).Do(sentrytest.Status(413)).Times(2),
		sentrytest.When(sentrytest.OnSizeOver(10)).Do(sentrytest.Status(429).Times(1)),
	)
	var got []int
	for _, body := range []string{"{}", vectorJSON, vectorJSON, vectorJSON, vectorJSON, vectorJSON} {
		got = append(got, store(t, srv, body).Status)
	}
	g.Expect(got).To(Equal([]int{500, 413, 413, 429, 501, 200}))
	g.Expect(srv.Requests()[1].Answer.Step).To(Equal("Status(413).Times(2)"))
	var lines []string
	for _, u := range srv.Usage() {
		lines = append(lines, u.String())
	}
	g.Expect(lines).To(HaveExactElements(
		MatchRegexp(`^rule_test.go:\d+: When\(OnSizeOver\(10\)\)\.Do\(Status\(413\)\.Times\(2\)\) was used 2 of 2 times$`),
		MatchRegexp(`^rule_test.go:\d+: When\(OnSizeOver\(10\)\)\.Do\(Status\(429\)\) was used 1 of 1 times$`),
		MatchRegexp(`^rule_test.go:\d+: Status\(500\) was used 1 of 1 times$`),
		MatchRegexp(`^rule_test.go:\d+: Status\(501\) was used 1 of 1 times$`),
	))
	g.Expect(srv.Usage()[0].Seen).To(Equal(6))
	g.Expect(srv.Usage()[0].Matched).To(Equal(5))
}

func TestUnusedRulesFailTheTest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Rule(
			sentrytest.When(sentrytest.OnEndpoint("store")).Probability(0, 7),
			sentrytest.When(sentrytest.OnSizeOver(1000), sentrytest.OnLevel("fatal")).Do(sentrytest.Status(413)),
			sentrytest.When().Do(sentrytest.Status(503)).Times(3),
			sentrytest.When(sentrytest.OnItem("log")).Do(sentrytest.Hang()).Optional(),
		)
		store(t, srv, vectorJSON)
	})
	g.Expect(failures).To(MatchRegexp(`^sentrytest: script not used up:\n` +
		`\trule_test.go:\d+: When\(OnEndpoint\("store"\)\).Do\(OK\(\)\).Probability\(0, 7\) was never used \(1 of 1 request met its conditions\)\n` +
		`\trule_test.go:\d+: When\(OnSizeOver\(1000\), OnLevel\("fatal"\)\).Do\(Status\(413\)\) was never used \(0 of 1 request met its conditions\)\n` +
		`\trule_test.go:\d+: When\(\).Do\(Status\(503\).Times\(3\)\) was used 1 of 3 times\n  1 request came`))
}

func TestProbability(t *testing.T) {
	t.Parallel()
	draw := func(p float64, seed uint64) string {
		srv := sentrytest.NewServer(t)
		srv.Rule(sentrytest.When(sentrytest.OnSizeOver(5)).Do(sentrytest.Status(503)).Probability(p, seed).Optional())
		var out string
		for i := range 40 {
			store(t, srv, "{}") // not asked about, and so without influence
			r := store(t, srv, message(fmt.Sprint(i)))
			out += map[int]string{200: ".", 503: "x"}[r.Status]
		}
		return out
	}
	g := NewWithT(t)
	first := draw(0.5, 1)
	g.Expect(draw(0.5, 1)).To(Equal(first))
	g.Expect(draw(0.5, 2)).NotTo(Equal(first))
	g.Expect(first).To(ContainSubstring("."))
	g.Expect(first).To(ContainSubstring("x"))
	g.Expect(draw(1, 1)).NotTo(ContainSubstring("."))
	g.Expect(draw(0, 1)).NotTo(ContainSubstring("x"))
	for _, p := range []float64{-0.1, 1.1} {
		g.Expect(func() { sentrytest.When().Probability(p, 1) }).To(PanicWith(fmt.Sprintf(
			"sentrytest: Probability(%v, 1) is not a probability: want 0 to 1", p)))
	}
}

// A step that takes effect early can depend only on what is known by then.
func TestRulesThatComeTooLate(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	g.Expect(func() {
		srv.Rule(sentrytest.When(sentrytest.OnLevel("error")).Do(sentrytest.ResetAfterRead(5)))
	}).To(PanicWith(`sentrytest: ResetAfterRead(5) happens before the body is read, when OnLevel("error") can't be known yet`))
	g.Expect(func() {
		srv.Rule(sentrytest.When(sentrytest.OnEndpoint("store")).Do(sentrytest.SlowAccept(time.Second)))
	}).To(PanicWith(`sentrytest: SlowAccept(1s) happens before anything is read, when OnEndpoint("store") can't be known yet`))
	g.Expect(srv.Usage()).To(BeEmpty())
}

func TestEarlyRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Rule(
			sentrytest.When(sentrytest.OnEndpoint("envelope")).Do(sentrytest.ResetAfterRead(1)),
			sentrytest.When(sentrytest.OnEndpoint("store")).Do(sentrytest.SlowRead(100, time.Hour)).Times(1),
			sentrytest.When().Do(sentrytest.SlowAccept(time.Minute)),
		)
		start := time.Now()
		g.Expect(post(t.Context(), srv)).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(time.Hour + time.Minute))
		_, err := trySend(t, srv, "POST", envelopePath, "{}\n", authLine)
		g.Expect(err).To(HaveOccurred())
		g.Expect(srv.Usage()[2].Used).To(Equal(srv.Connections()))
	})
}

// A predicate may use the server that asks it.
func TestConditionsRunUnlocked(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Rule(sentrytest.When(sentrytest.OnEvent(sentrytest.NewPredicate("busy", func(sentrytest.Event) error {
		srv.Script(sentrytest.Status(503))
		return fmt.Errorf("%d steps", len(srv.Usage()))
	}))).Do(sentrytest.Hang()).Optional())
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(503))
}

func TestRulesAreValues(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	base := sentrytest.When(sentrytest.OnSizeOver(1)).Do(sentrytest.Status(503))
	_ = []sentrytest.Fault{base.Times(3), base.Optional(), base.Probability(0.5, 1), base.Do(sentrytest.Hang())}
	g.Expect(base.String()).To(Equal("When(OnSizeOver(1)).Do(Status(503))"))
	g.Expect(sentrytest.Fault{}.String()).To(Equal("When().Do(OK())"))
	g.Expect(slices.Contains(sentrytest.FaultKinds(), "answer")).To(BeTrue())
}
