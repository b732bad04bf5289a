package sentrytest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Every fault that can be written down, and the fault in Go that it is.
func TestFaultsAsText(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for text, want := range map[string]string{
		`{}`:                       `When().Do(OK())`,
		`{"status":503,"times":2}`: `When().Do(Status(503).Times(2))`,
		`{"do":"answer","status":429,"retry_after":"30","rate_limits":"60:error:key"}`: `When().Do(Status(429).RetryAfter("30").RateLimits("60:error:key"))`,
		`{"status":302,"headers":{"location":"/there"},"body":""}`:                     `When().Do(Status(302).Header("Location", "/there").Body(""))`,
		`{"informational":[103],"delay":"1.5s","body_delay":"10ms","then_close":true}`: `When().Do(OK().Informational(103).After(1.5s).BodyAfter(10ms).ThenClose())`,
		`{"endpoint":"store","path":"/api/1/*","do":"hang"}`:                           `When(OnEndpoint("store"), OnPath("/api/1/*")).Do(Hang())`,
		`{"size_over":10,"size_under":20,"do":"reset"}`:                                `When(OnSizeOver(10), OnSizeUnder(20)).Do(Reset())`,
		`{"level":"error","item":"event","category":"error","do":"close_conn"}`:        `When(OnLevel("error"), OnItem("event"), OnCategory("error")).Do(CloseConn())`,
		`{"message":"^bo+m","attempt":2,"do":"not_http"}`:                              `When(OnMessage("^bo+m"), OnAttempt(2)).Do(NotHTTP())`,
		`{"probability":0.25,"seed":7,"do":"stall_body"}`:                              `When().Do(StallBody()).Probability(0.25, 7)`,
		`{"headers":{"Retry-After":"","X-Sentry-Rate-Limits":"","X-A":""}}`:            `When().Do(OK().RetryAfter("").Header("X-A", "").RateLimits(""))`,
		`{"probability":0}`: `When().Do(OK()).Probability(0, 0)`,
		`{"headers":{"Retry-After":"60","X-A":"b"},"retry_after":"30"}`: `When().Do(OK().RetryAfter("30").Header("X-A", "b"))`,
		`{"do":"slow_body","pace":"0s"}`:                                `When().Do(SlowBody(0s))`,
		`{"do":"slow_body","pace":"1s"}`:                                `When().Do(SlowBody(1s))`,
		`{"do":"truncate","bytes":3}`:                                   `When().Do(Truncate(3))`,
		`{"do":"reset_after_write"}`:                                    `When().Do(ResetAfterWrite(0))`,
		`{"do":"bad_chunking"}`:                                         `When().Do(BadChunking())`,
		`{"do":"wrong_length","bytes":3}`:                               `When().Do(WrongLength(3))`,
		`{"do":"slow_read","bytes":3,"pace":"1s"}`:                      `When().Do(SlowRead(3, 1s))`,
		`{"do":"reset_after_read","bytes":3}`:                           `When().Do(ResetAfterRead(3))`,
		`{"do":"slow_accept","pace":"1s"}`:                              `When().Do(SlowAccept(1s))`,
		`{"do":"reset_conn"}`:                                           `When().Do(ResetConn())`,
		`{"do":"reset_stream"}`:                                         `When().Do(ResetStream())`,
		`{"do":"goaway","body":"bye"}`:                                  `When().Do(GoAway().Body("bye"))`,
		`{"do":"black_hole"}`:                                           `When().Do(BlackHole())`,
	} {
		faults, err := sentrytest.ParseFaults([]byte("[" + text + "]"))
		g.Expect(err).NotTo(HaveOccurred(), text)
		g.Expect(faults[0].String()).To(Equal(want), text)
		written, err := json.Marshal(faults)
		g.Expect(err).NotTo(HaveOccurred(), text)
		again, err := sentrytest.ParseFaults(written)
		g.Expect(err).NotTo(HaveOccurred(), string(written))
		g.Expect(again[0].String()).To(Equal(want), string(written))
	}
}

// What is wrong is named by its field, with what is allowed.
func TestFaultErrors(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for text, want := range map[string]string{
		`{"status":42}`:                   `sentrytest: fault 1: status: 42 is not allowed, want a final status, 200 to 999`,
		`{"name":"flaky","do":"explode"}`: `sentrytest: fault 1 (flaky): do: "explode" is not allowed, want one of answer, bad_chunking, black_hole, close_conn, goaway, hang, not_http, reset, reset_after_read, reset_after_write, reset_conn, reset_stream, slow_accept, slow_body, slow_read, stall_body, truncate, wrong_length`,
		`{"endpoint":"shop"}`:             `sentrytest: fault 1: endpoint: "shop" is not allowed, want one of envelope, minidump, security, store`,
		`{"path":"[","size_over":-1}`:     "sentrytest: fault 1\n\tpath: \"[\" is not allowed, want a path in which * stands for anything but a slash\n\tsize_over: -1 is not allowed, want a number of bytes",
		`{"size_under":-1}`:               `sentrytest: fault 1: size_under: -1 is not allowed, want a number of bytes`,
		`{"level":"ERROR"}`:               `sentrytest: fault 1: level: "ERROR" is not allowed, want one of debug, info, warning, error, fatal`,
		`{"category":"errors"}`:           `sentrytest: fault 1: category: "errors" is not allowed, want one of attachment, attachment_item, error, feedback, internal, log_byte, log_item, metric_bucket, monitor, profile, profile_chunk, profile_chunk_ui, replay, security, session, span, trace_metric, trace_metric_byte, transaction`,
		`{"message":"("}`:                 `sentrytest: fault 1: message: "(" is not allowed, want a regular expression`,
		`{"attempt":-1}`:                  `sentrytest: fault 1: attempt: -1 is not allowed, want 1 for the first attempt, and so on`,
		`{"delay":"5 apples"}`:            `sentrytest: fault 1: delay: "5 apples" is not allowed, want a duration such as "1.5s" or "200ms"`,
		`{"body_delay":"-1s"}`:            `sentrytest: fault 1: body_delay: "-1s" is not allowed, want a duration such as "1.5s" or "200ms"`,
		`{"do":"slow_body"}`:              `sentrytest: fault 1: pace: "" is not allowed, want a duration such as "1.5s" or "200ms"`,
		`{"pace":"1s"}`:                   `sentrytest: fault 1: pace: "1s" is not allowed, want do to be one of slow_accept, slow_body, slow_read`,
		`{"bytes":1}`:                     `sentrytest: fault 1: bytes: 1 is not allowed, want do to be one of reset_after_read, reset_after_write, slow_read, truncate, wrong_length`,
		`{"do":"slow_read","pace":"1s"}`:  `sentrytest: fault 1: bytes: 0 is not allowed, want a number of bytes, at least 1`,
		`{"do":"hang","status":200}`:      `sentrytest: fault 1: status: 200 is not allowed, want do to be answer`,
		`{"do":"hang","retry_after":"1"}`: `sentrytest: fault 1: retry_after: "1" is not allowed, want do to be one of answer, bad_chunking, goaway, reset_after_write, slow_body, slow_read, stall_body, truncate, wrong_length`,
		`{"do":"hang","then_close":true}`: `sentrytest: fault 1: then_close: true is not allowed, want do to be answer`,
		`{"informational":[101]}`:         `sentrytest: fault 1: informational: 101 is not allowed, want 100 to 199, but for 101`,
		`{"times":-1}`:                    `sentrytest: fault 1: times: -1 is not allowed, want a number of requests, or 0 for all of them`,
		`{"probability":1.5}`:             `sentrytest: fault 1: probability: 1.5 is not allowed, want a number from 0 to 1`,
		`{"seed":3}`:                      `sentrytest: fault 1: seed: 3 is not allowed, want a probability beside it`,
		`{"do":"reset_conn","level":"info"}`: `sentrytest: fault 1: do: "reset_conn" is not allowed, want a step that comes later: ` +
			`ResetConn() happens before anything is read, when OnLevel("info") can't be known yet`,
		`{"staus":1}`:                         `sentrytest: fault 1: staus: this field is not allowed, want one of name, endpoint, path, size_over, size_under, level, item, category, message, attempt, do, status, retry_after, rate_limits, headers, body, informational, then_close, bytes, pace, delay, body_delay, times, probability, seed, used`,
		`{"status":"503"}`:                    `sentrytest: fault 1: status: "503" is not allowed, want a whole number`,
		`{"delay":5}`:                         `sentrytest: fault 1: delay: 5 is not allowed, want a string`,
		`{"headers":[]}`:                      `sentrytest: fault 1: headers: [] is not allowed, want an object`,
		`7`:                                   `sentrytest: fault 1: fault: 7 is not allowed, want an object`,
		`{"used":-1}`:                         `sentrytest: fault 1: used: -1 is not allowed, want a number of uses`,
		"{\"delay\":{\n},\"name\":\"a\\nb\"}": `sentrytest: fault 1 (a b): delay: { } is not allowed, want a string`,
	} {
		_, err := sentrytest.ParseFaults([]byte("[" + text + "]"))
		g.Expect(err).To(MatchError(want), text)
		var fault *sentrytest.FaultError
		g.Expect(errors.As(err, &fault)).To(BeTrue())
		g.Expect(fault.Index).To(Equal(1))
	}
	_, err := sentrytest.ParseFaults([]byte(`[{"status":1},{},{"do":"x"}]`))
	g.Expect(err).To(MatchError(And(ContainSubstring("fault 1: status"), ContainSubstring("\nsentrytest: fault 3: do"))))
	_, err = sentrytest.ParseFaults([]byte(`{"faults":[]}`))
	g.Expect(err).To(MatchError(HavePrefix("sentrytest: faults: want a JSON list of objects: ")))
	var one sentrytest.Fault
	err = json.Unmarshal([]byte(`{"status":1}`), &one)
	g.Expect(err).To(MatchError("sentrytest: fault: status: 1 is not allowed, want a final status, 200 to 999"))
	g.Expect(json.Unmarshal([]byte(`{"name":"quota","status":429}`), &one)).To(Succeed())
	g.Expect(one.Name()).To(Equal("quota"))
}

func TestSetFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Rule(sentrytest.When().Do(sentrytest.Status(418)))
	g.Expect(srv.SetFaults(
		sentrytest.When(sentrytest.OnSizeOver(30)).Do(sentrytest.Status(413)).Named("big"),
		sentrytest.When().Do(sentrytest.Status(503)).Times(1),
	)).To(Succeed())
	var got []int
	for _, body := range []string{vectorJSON, "{}", "{}", vectorJSON} {
		got = append(got, store(t, srv, body).Status)
	}
	g.Expect(got).To(Equal([]int{413, 503, 418, 413}))
	faults := srv.Faults()
	g.Expect(faults).To(HaveLen(2))
	g.Expect(faults[0].Name()).To(Equal("big"))
	g.Expect(faults[0].Used()).To(Equal(2))
	g.Expect(faults[0].Spent()).To(BeFalse())
	g.Expect(faults[1].Spent()).To(BeTrue())
	g.Expect(srv.Requests()[0].Answer.Step).To(Equal("big: Status(413)"))
	text, err := json.Marshal(srv.Faults())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`[{"name":"big","size_over":30,"status":413,"used":2},{"status":503,"times":1,"used":1}]`))
	again, err := sentrytest.ParseFaults(text)
	g.Expect(err).NotTo(HaveOccurred(), "what is listed can be set")

	early := sentrytest.When(sentrytest.OnItem("log")).Do(sentrytest.ResetConn()).Named("early")
	err = srv.SetFaults(sentrytest.Fault{}, early)
	g.Expect(err).To(MatchError(HavePrefix(`sentrytest: fault 2 (early): do: "reset_conn" is not allowed, want a step that comes later`)))
	var bad *sentrytest.FaultError
	g.Expect(errors.As(err, &bad)).To(BeTrue())
	g.Expect(srv.Faults()).To(HaveLen(2), "an error changes nothing")

	g.Expect(srv.SetFaults(again...)).To(Succeed())
	g.Expect(srv.Faults()[0].Used()).To(BeZero())
	srv.ClearFaults()
	g.Expect(srv.Faults()).To(BeEmpty())
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(418))
}

// Faults may be switched while requests are under way, and are not claims.
func TestFaultsAreSwitchedAtRunTime(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 50 {
				_ = srv.SetFaults(sentrytest.When().Do(sentrytest.Status(503).After(1)), sentrytest.When(sentrytest.OnAttempt(1)))
				srv.ClearFaults()
			}
		}()
		for range 20 {
			g.Expect([]int{200, 503}).To(ContainElement(store(t, srv, vectorJSON).Status))
		}
		<-done
		g.Expect(srv.SetFaults(sentrytest.When(sentrytest.OnItem("log")).Do(sentrytest.Hang()))).To(Succeed())
	})
	g.Expect(failures).To(BeEmpty())
}

// What a server returns and was given can be changed without changing the
// server.
func TestFaultsAreCopies(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	conditions := []sentrytest.Condition{sentrytest.OnSizeUnder(1000)}
	given := sentrytest.When(conditions...).Do(sentrytest.OK().Header("X-A", "1").Informational(103))
	g.Expect(srv.SetFaults(given)).To(Succeed())
	conditions[0] = sentrytest.OnSizeOver(1000)
	_ = srv.Faults()[0].Do(sentrytest.Hang())
	g.Expect(srv.Faults()[0].String()).To(Equal(`When(OnSizeUnder(1000)).Do(OK().Header("X-A", "1").Informational(103))`))
	g.Expect(store(t, srv, vectorJSON).Header.Get("X-A")).To(Equal("1"))
	g.Expect(strings.Join(sentrytest.FaultKinds(), " ")).To(HavePrefix("answer bad_chunking "))
}

// What only Go can say has no text, and the error names it.
func TestFaultsWithoutText(t *testing.T) {
	t.Parallel()
	for want, condition := range map[string][]sentrytest.Condition{
		`OnEvent(message "boom")`: {sentrytest.OnEvent(sentrytest.HasMessage("boom"))},
		`OnSizeOver(0)`:           {sentrytest.OnSizeOver(0)},
		`OnItem("log")`:           {sentrytest.OnItem("session"), sentrytest.OnItem("log")},
	} {
		_, err := json.Marshal(sentrytest.When(condition...))
		NewWithT(t).Expect(err).To(MatchError(HaveSuffix(want + " has no text")))
	}
	for want, step := range map[string]sentrytest.Step{
		`body: "x" is not allowed, want do to be one of answer, `: sentrytest.Hang().Body("x"),
		`delay: "-1ns" is not allowed, want a duration`:           sentrytest.OK().After(-1),
	} {
		_, err := json.Marshal(sentrytest.When().Do(step))
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(want)))
	}
	text, err := json.Marshal(sentrytest.When(sentrytest.Condition{}).Optional().Times(-1))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(string(text)).To(Equal(`{"used":0}`))
}

// What text refuses, Go refuses too.
func TestConditionMisuse(t *testing.T) {
	t.Parallel()
	for want, misuse := range map[string]func(){
		`OnLevel("ERROR") is not allowed, want one of debug, info, warning, error, fatal`:    func() { sentrytest.OnLevel("ERROR") },
		`OnEndpoint("shop") is not allowed, want one of envelope, minidump, security, store`: func() { sentrytest.OnEndpoint("shop") },
		`OnCategory("errors") is not allowed, want one of attachment, `:                      func() { sentrytest.OnCategory("errors") },
		`OnMessage("(") is not allowed, want a regular expression`:                           func() { sentrytest.OnMessage("(") },
		`OnSizeOver(-1) is not allowed, want a number of bytes`:                              func() { sentrytest.OnSizeOver(-1) },
		`OnSizeUnder(-1) is not allowed, want a number of bytes`:                             func() { sentrytest.OnSizeUnder(-1) },
	} {
		NewWithT(t).Expect(misuse).To(PanicWith(HavePrefix("sentrytest: " + want)))
	}
}

// Whatever is read is in order, and reads the same when it is written.
func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `[{"status":429,"retry_after":"30","times":1}]`, `[{"path":"/api/*/store/","do":"hang"}]`, `[{"path":"a\\/"}]`,
		`[{"do":"slow_read","bytes":1,"pace":"1s"}]`, `[{"probability":0.5,"seed":1,"message":"^a"}]`, `[{"informational":[103],"body":""}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		faults, err := sentrytest.ParseFaults(text)
		if err != nil {
			return
		}
		written, err := json.Marshal(faults)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sentrytest.ParseFaults(written)
		if err != nil {
			t.Fatalf("%s was read, and %s is not: %v", text, written, err)
		}
		for i := range faults {
			if a, b := faults[i].String(), again[i].String(); a != b || faults[i].Name() != again[i].Name() {
				t.Fatalf("%s became %s and then %s", text, a, b)
			}
		}
	})
}
