package sentrytest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Every fault that can be written down, and the rule that it is.
func TestFaultsAsRules(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for text, want := range map[string]string{
		`{}`:                       `When().Do(OK())`,
		`{"status":503,"times":2}`: `When().Do(Status(503).Times(2))`,
		`{"do":"answer","status":429,"retry_after":"30","rate_limits":"60:error:key"}`: `When().Do(Status(429).RetryAfter("30").RateLimits("60:error:key"))`,
		`{"status":302,"headers":{"location":"/there"},"body":""}`:                     `When().Do(Status(302).Header("Location", "/there").Body(""))`,
		`{"informational":[103],"delay":"1.5s","body_delay":"10ms","then_close":true}`: `When().Do(OK().Informational(103).After(1.5s).BodyAfter(10ms).ThenClose())`,
		`{"endpoint":"store","path":"/api/1/*","do":"hang"}`:                           `When(OnEndpoint("store"), OnPath("/api/1/*")).Do(Hang())`,
		`{"size_over":10,"size_under":20,"do":"reset"}`:                                `When(SizeOver(10), SizeUnder(20)).Do(Reset())`,
		`{"level":"error","item":"event","category":"error","do":"close_conn"}`:        `When(WithLevel("error"), WithItem("event"), WithCategory("error")).Do(CloseConn())`,
		`{"message":"^bo+m","attempt":2,"do":"not_http"}`:                              `When(WithEvent(message matching "^bo+m"), OnAttempt(2)).Do(NotHTTP())`,
		`{"probability":0.25,"seed":7,"do":"stall_body"}`:                              `When().Do(StallBody()).Probability(0.25, 7)`,
		`{"do":"slow_body","pace":"1s"}`:                                               `When().Do(SlowBody(1s))`,
		`{"do":"truncate","bytes":3}`:                                                  `When().Do(Truncate(3))`,
		`{"do":"reset_after_write"}`:                                                   `When().Do(ResetAfterWrite(0))`,
		`{"do":"bad_chunking"}`:                                                        `When().Do(BadChunking())`,
		`{"do":"wrong_length","bytes":3}`:                                              `When().Do(WrongLength(3))`,
		`{"do":"slow_read","bytes":3,"pace":"1s"}`:                                     `When().Do(SlowRead(3, 1s))`,
		`{"do":"reset_after_read","bytes":3}`:                                          `When().Do(ResetAfterRead(3))`,
		`{"do":"slow_accept","pace":"1s"}`:                                             `When().Do(SlowAccept(1s))`,
		`{"do":"reset_conn"}`:                                                          `When().Do(ResetConn())`,
		`{"do":"reset_stream"}`:                                                        `When().Do(ResetStream())`,
		`{"do":"goaway","body":"bye"}`:                                                 `When().Do(GoAway().Body("bye"))`,
		`{"do":"black_hole"}`:                                                          `When().Do(BlackHole())`,
	} {
		faults, err := sentrytest.ParseFaults([]byte("[" + text + "]"))
		g.Expect(err).NotTo(HaveOccurred(), text)
		rule, err := faults[0].Rule()
		g.Expect(err).NotTo(HaveOccurred(), text)
		g.Expect(rule.String()).To(Equal(want), text)
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
			`ResetConn() happens before anything is read, when WithLevel("info") can't be known yet`,
		`{"staus":1}`:      `sentrytest: fault 1: staus: this field is not allowed, want one of name, endpoint, path, size_over, size_under, level, item, category, message, attempt, do, status, retry_after, rate_limits, headers, body, informational, then_close, bytes, pace, delay, body_delay, times, probability, seed, used`,
		`{"status":"503"}`: `sentrytest: fault 1: status: JSON string is not allowed, want a whole number`,
		`{"delay":5}`:      `sentrytest: fault 1: delay: JSON number is not allowed, want a string`,
		`{"headers":[]}`:   `sentrytest: fault 1: headers: JSON array is not allowed, want an object`,
		`7`:                `sentrytest: fault 1: fault: JSON number is not allowed, want an object`,
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
	_, err = sentrytest.Fault{Status: 1}.Rule()
	g.Expect(err).To(MatchError("sentrytest: fault: status: 1 is not allowed, want a final status, 200 to 999"))
}

func TestSetFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Rule(sentrytest.When().Do(sentrytest.Status(418)))
	g.Expect(srv.SetFaults(
		sentrytest.Fault{Name: "big", SizeOver: 30, Status: 413},
		sentrytest.Fault{Status: 503, Times: 1},
	)).To(Succeed())
	var got []int
	for _, body := range []string{vectorJSON, "{}", "{}", vectorJSON} {
		got = append(got, store(t, srv, body).Status)
	}
	g.Expect(got).To(Equal([]int{413, 503, 418, 413}))
	g.Expect(srv.Faults()).To(Equal([]sentrytest.Fault{
		{Name: "big", SizeOver: 30, Status: 413, Used: 2},
		{Status: 503, Times: 1, Used: 1},
	}))
	text, err := json.Marshal(srv.Faults())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`[{"name":"big","size_over":30,"status":413,"used":2},{"status":503,"times":1,"used":1}]`))
	again, err := sentrytest.ParseFaults(text)
	g.Expect(err).NotTo(HaveOccurred(), "what is listed can be set")

	err = srv.SetFaults(sentrytest.Fault{}, sentrytest.Fault{Name: "typo", Do: "hnag"})
	g.Expect(err).To(MatchError(HavePrefix(`sentrytest: fault 2 (typo): do: "hnag" is not allowed`)))
	g.Expect(srv.Faults()).To(HaveLen(2), "an error changes nothing")

	g.Expect(srv.SetFaults(again...)).To(Succeed())
	g.Expect(srv.Faults()[0].Used).To(BeZero())
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
				_ = srv.SetFaults(sentrytest.Fault{Status: 503, Delay: time.Nanosecond.String()}, sentrytest.Fault{Attempt: 1})
				srv.ClearFaults()
			}
		}()
		for range 20 {
			g.Expect([]int{200, 503}).To(ContainElement(store(t, srv, vectorJSON).Status))
		}
		<-done
		g.Expect(srv.SetFaults(sentrytest.Fault{Do: "hang", Item: "log"})).To(Succeed())
	})
	g.Expect(failures).To(BeEmpty())
}

// What a server returns and was given can be changed without changing the server.
func TestFaultsAreCopies(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	given := sentrytest.Fault{Headers: map[string]string{"X-A": "1"}, Informational: []int{103}}
	g.Expect(srv.SetFaults(given)).To(Succeed())
	given.Headers["X-A"], given.Informational[0] = "2", 102
	got := srv.Faults()[0]
	g.Expect(got.Headers).To(HaveKeyWithValue("X-A", "1"))
	got.Headers["X-A"], got.Informational[0] = "3", 102
	g.Expect(srv.Faults()[0].Informational).To(Equal([]int{103}))
	g.Expect(store(t, srv, vectorJSON).Header.Get("X-A")).To(Equal("1"))
	g.Expect(strings.Join(sentrytest.FaultKinds(), " ")).To(HavePrefix("answer bad_chunking "))
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
			a, errA := faults[i].Rule()
			b, errB := again[i].Rule()
			if errA != nil || errB != nil || a.String() != b.String() {
				t.Fatalf("%s became %s and then %s (%v, %v)", text, a, b, errA, errB)
			}
		}
	})
}
