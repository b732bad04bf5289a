package sentrymatchers_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/ravenkit/ravenkit/sentrytest"
	. "github.com/ravenkit/ravenkit/sentrytest/sentrymatchers"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// report sends an event to the server.
func report(srv *sentrytest.Server, event string) error {
	resp, err := srv.Client().Post(srv.URL()+"/api/1/store/?sentry_key=a", "application/json", strings.NewReader(event))
	if err == nil {
		err = resp.Body.Close()
	}
	return err
}

var events = []sentrytest.Event{
	{Level: "info", Message: "hello", Tags: map[string]string{"shard": "7"}},
	{Level: "error", Message: "boom", Tags: map[string]string{"shard": "8"}},
}

func TestMatch(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	g.Expect(srv).NotTo(HaveCaptured())
	g.Expect(report(srv, `{"message":"boom"}`)).To(Succeed())
	g.Expect(srv).To(HaveCaptured())
	g.Expect(srv).To(HaveCaptured(sentrytest.HasMessage("boom"), sentrytest.HasLevel("error")))
	g.Expect(srv).NotTo(HaveCaptured(sentrytest.HasMessage("boom"), sentrytest.HasLevel("info")), "one event must meet all predicates")
	g.Expect(sentrytest.EventList(events)).To(HaveCaptured(sentrytest.HasTag("shard", "7")))

	g.Expect(events).To(ContainEvent(sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "8")))
	g.Expect(events).NotTo(ContainEvent(sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7")))
	g.Expect(sentrytest.EventList(events)).To(ContainEvent())
	g.Expect([]sentrytest.Event{}).NotTo(ContainEvent())
	g.Expect([]sentrytest.Event(nil)).NotTo(ContainEvent())

	g.Expect(events[1]).To(BeEvent(sentrytest.HasMessage("boom")))
	g.Expect(&events[1]).To(BeEvent())
	g.Expect(events[0]).NotTo(BeEvent(sentrytest.HasMessage("boom")))
	g.Expect(events).To(ConsistOf(BeEvent(sentrytest.HasMessage("boom")), BeEvent(sentrytest.HasLevel("info"))))
	g.Expect(srv).To(And(HaveCaptured(sentrytest.HasMessage("boom")), Not(HaveCaptured(sentrytest.HasMessage("x")))))
}

func TestRecorderIsASource(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	_, err := rec.Send(t.Context(), &transport.Packet{
		URL: "https://sentry.test/api/1/store/", Body: []byte(`{"message":"boom"}`), EventID: strings.Repeat("a", 32),
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec).To(HaveCaptured(sentrytest.HasMessage("boom")))
	g.Expect(rec).NotTo(HaveCaptured(sentrytest.HasMessage("x")))
}

// The matcher reads a source again on each call, in Eventually and in
// Consistently.
func TestMatcherReadsSourceAgain(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	sent := make(chan error)
	looked := make(chan struct{}, 1)
	go func() {
		<-looked // the matcher has read an empty server
		sent <- report(srv, `{"message":"late"}`)
	}()
	look := sentrytest.NewPredicate("message \"late\"", sentrytest.HasMessage("late").Match)
	g.Eventually(watched{srv, looked}).Should(HaveCaptured(look))
	g.Expect(<-sent).To(Succeed())
	g.Consistently(srv, "20ms").Should(HaveCaptured(sentrytest.HasMessage("late")))
	g.Consistently(srv, "20ms").ShouldNot(HaveCaptured(sentrytest.HasMessage("never")))
	g.Eventually(srv.Events).Should(ContainEvent(look))

	failures := &collector{}
	NewWithT(failures).Eventually(sentrytest.EventList(events), "1h").Should(HaveCaptured(sentrytest.HasMessage("x")))
	g.Expect(failures.texts).To(HaveLen(1), "Eventually does not wait for a list")
	g.Expect(failures.texts[0]).To(ContainSubstring("sentrytest: 0 of 1 wanted event"))
}

// collector keeps failure messages.
type collector struct{ texts []string }

func (*collector) Helper() {}
func (c *collector) Fatalf(format string, args ...any) {
	c.texts = append(c.texts, fmt.Sprintf(format, args...))
}

// watched signals when the matcher reads it.
type watched struct {
	sentrytest.Source
	looked chan struct{}
}

func (w watched) Events() []sentrytest.Event {
	select {
	case w.looked <- struct{}{}:
	default:
	}
	return w.Source.Events()
}

// claimer is a source that records which of its events were claimed.
type claimer struct {
	sentrytest.EventList
	claimed *[]string
}

func (c claimer) Claim(events ...sentrytest.Event) {
	for _, e := range events {
		*c.claimed = append(*c.claimed, e.Message)
	}
}

func TestMatchedEventsAreClaimed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	src := claimer{events, new([]string)}
	g.Expect(src).NotTo(HaveCaptured(sentrytest.HasMessage("x")))
	g.Expect(*src.claimed).To(BeEmpty())
	g.Expect(src).To(HaveCaptured(sentrytest.HasMessage("boom")))
	g.Expect(*src.claimed).To(Equal([]string{"boom"}))
}

// ending is a test that ends on request.
type ending struct {
	*testing.T
	cleanups []func()
	texts    []string
}

func (e *ending) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }
func (e *ending) Errorf(format string, args ...any) {
	e.texts = append(e.texts, fmt.Sprintf(format, args...))
}

func (e *ending) end() {
	for i := len(e.cleanups) - 1; i >= 0; i-- {
		e.cleanups[i]()
	}
}

// A server and a tenant that fail on unclaimed events accept the events that a
// matcher matched, and report those that a matcher only read.
func TestMatchersClaimOfServerAndTenant(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	tb := &ending{T: t}
	srv := sentrytest.NewServer(tb, sentrytest.FailOnUnclaimed())
	tenant := srv.Tenant(tb)
	g.Expect(report(srv, `{"message":"expected"}`)).To(Succeed())
	g.Expect(report(srv, `{"message":"looked at"}`)).To(Succeed())
	resp, err := srv.Client().Post(srv.URL()+"/api/"+tenant.ProjectID()+"/store/?sentry_key="+tenant.PublicKey(), "", strings.NewReader(`{"message":"the tenant's"}`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(tenant).To(HaveCaptured(sentrytest.HasMessage("the tenant's")))
	g.Eventually(srv).Should(HaveCaptured(sentrytest.HasMessage("expected")))
	g.Expect(srv).NotTo(HaveCaptured(sentrytest.HasMessage("looked at"), sentrytest.HasLevel("fatal")))
	g.Expect(srv.Events()).To(ContainEvent(sentrytest.HasMessage("looked at")))
	tb.end()
	g.Expect(tb.texts).To(HaveLen(1))
	g.Expect(tb.texts[0]).To(MatchRegexp(`^sentrytest: 1 event that no assertion claimed\n    error "looked at"`))
}

// The messages are those of the Require functions.
func TestMessages(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := sentrytest.EventList(events)
	wanted := []sentrytest.Predicate{sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7")}
	for _, c := range []struct {
		actual  any
		matcher types.GomegaMatcher
		source  sentrytest.Source
	}{
		{list, HaveCaptured(wanted...), list},
		{events, ContainEvent(wanted...), list},
		{events[0], BeEvent(wanted...), list[:1]},
		{&events[1], BeEvent(wanted...), list[1:]},
	} {
		text := c.matcher.FailureMessage(c.actual)
		g.Expect(text).To(Equal(sentrytest.Explain(c.source, wanted...)))
		g.Expect(text).To(HavePrefix("sentrytest: 0 of 1 wanted event\n  wanted: message \"boom\" and tag shard=\"7\"\n"))
	}
	g.Expect(HaveCaptured(sentrytest.HasMessage("boom")).NegatedFailureMessage(list)).To(Equal(
		"sentrytest: unexpected event\n  wanted none with: message \"boom\"\n  arrived:\n    error \"boom\""))
	g.Expect(ContainEvent().NegatedFailureMessage(events)).To(Equal(
		"sentrytest: unexpected event\n  wanted none with: anything\n  arrived:\n    info \"hello\"\n    error \"boom\""))
	g.Expect(BeEvent(sentrytest.HasMessage("hello")).NegatedFailureMessage(events[0])).To(Equal(
		"sentrytest: unexpected event\n  wanted none with: message \"hello\"\n  arrived:\n    info \"hello\""))
}

// The message lists what the server refused, as the Require functions do.
func TestMessageListsRefusedRequests(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	g.Expect(report(srv, "nonsense!")).To(Succeed())
	text := HaveCaptured(sentrytest.HasMessage("boom")).FailureMessage(srv)
	g.Expect(text).To(ContainSubstring("arrived: nothing\n  refused: 1 request\n    POST /api/1/store/ -> 400"))
}

func TestActualValuesOfWrongType(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	for _, c := range []struct {
		matcher types.GomegaMatcher
		actual  any
		want    string
	}{
		{HaveCaptured(), events, "HaveCaptured wants a sentrytest.Source, such as a server, a tenant or a recorder, not []sentrytest.Event: use ContainEvent"},
		{HaveCaptured(), nil, "HaveCaptured wants a sentrytest.Source, such as a server, a tenant or a recorder, not <nil>"},
		{ContainEvent(), srv, "ContainEvent wants a []sentrytest.Event, not *sentrytest.Server: use HaveCaptured"},
		{ContainEvent(), events[0], "ContainEvent wants a []sentrytest.Event, not sentrytest.Event: use BeEvent"},
		{BeEvent(), 7, "BeEvent wants a sentrytest.Event, not int"},
		{BeEvent(), (*sentrytest.Event)(nil), "BeEvent wants a sentrytest.Event, not *sentrytest.Event"},
	} {
		ok, err := c.matcher.Match(c.actual)
		g.Expect(ok).To(BeFalse())
		g.Expect(err).To(MatchError(c.want), fmt.Sprintf("%T", c.actual))
	}
}
