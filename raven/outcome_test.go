package raven_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// quiet keeps intended failures out of the test's output.
var quiet = raven.WithLogger(slog.New(slog.DiscardHandler))

func rateLimited(held bool) error {
	return &transport.RateLimitedError{RetryAfter: 30 * time.Second, Held: held}
}

// fates are the answers of a transport, and what each means: to the event, to
// the ledger, to the server's own figures, and to the next event.
var fates = []struct {
	name    string
	err     error
	kind    raven.OutcomeKind
	status  int
	word    string
	reason  string // in a client report
	failing bool
}{
	{"taken", nil, raven.OutcomeDelivered, 200, "delivered", "", false},
	{"429", rateLimited(false), raven.OutcomeRateLimited, 429, "rate_limited: 429 retry after 30s", "", true},
	{"held back by the transport", rateLimited(true), raven.OutcomeRateLimited, 0, "rate_limited: held back for 30s", "ratelimit_backoff", false},
	{"no room", fmt.Errorf("%w: queue_size=1", transport.ErrQueueFull), raven.OutcomeQueueFull, 0, "queue_full: transport: queue is full: queue_size=1", "queue_overflow", false},
	{"closed", transport.ErrClosed, raven.OutcomeClosed, 0, "closed: transport: closed", "", false},
	{"closed on the way", fmt.Errorf("%w before: %w", transport.ErrClosed, &transport.NetworkError{Err: context.Canceled}), raven.OutcomeClosed, 0, "closed: transport: closed before: transport: a packet without an event did not reach : context canceled", "", false},
	{"413", &transport.APIError{Status: 413}, raven.OutcomeTooLarge, 413, "too_large: 413", "send_error", false},
	{"400", &transport.APIError{Status: 400, Message: "bad item"}, raven.OutcomeRejected, 400, "rejected: 400 bad item", "send_error", false},
	{"422", &transport.APIError{Status: 422}, raven.OutcomeRejected, 422, "rejected: 422", "send_error", false},
	{"403", &transport.APIError{Status: 403, Message: "project is gone"}, raven.OutcomeRejected, 403, "rejected: 403 project is gone", "send_error", true},
	{"302", &transport.APIError{Status: 302}, raven.OutcomeRejected, 302, "rejected: 302", "send_error", true},
	{"503", &transport.APIError{Status: 503}, raven.OutcomeRejected, 503, "rejected: 503", "send_error", true},
	{"no answer", &transport.NetworkError{Host: "h", Err: errors.New("refused")}, raven.OutcomeNetwork, 0, "network: refused", "network_error", true},
	{"anything else", errors.New("strange"), raven.OutcomeNetwork, 0, "network: strange", "network_error", true},
}

func TestOutcomes(t *testing.T) {
	for _, tt := range fates {
		for _, kind := range []string{"blocking", "queued", "raised", "Deliver", "Send"} {
			t.Run(tt.name+", "+kind, func(t *testing.T) {
				g := NewWithT(t)
				q := new(queue)
				tr, rec := transport.Transport(q), &q.recorder
				opts := []raven.Option{quiet}
				switch kind {
				case "blocking", "Send":
					rec = new(recorder)
					tr = rec
				case "raised":
					opts = append(opts, raven.WithRaiseSendErrors(func(*raven.SendError) {}))
				}
				var seen []raven.Outcome
				opts = append(opts, raven.WithOnOutcome(func(o raven.Outcome) { seen = append(seen, o) }))
				c := newOver(t, tr, testDSN, opts...)
				rec.answer = answerWith("", tt.err)
				var err error
				switch kind {
				case "Deliver":
					_, err = c.Deliver(t.Context(), &raven.Event{Message: "x"})
				case "Send":
					err = c.Send(t.Context(), &raven.Event{Message: "x"})
				default:
					c.CaptureMessage(t.Context(), "x")
					if kind == "queued" {
						g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Pending: 1}))
						g.Expect(ledgerOf(c)).To(HaveKeyWithValue(c.LastEventID(), "pending"))
					}
				}
				flushed := c.Flush(t.Context())
				if kind == "Deliver" || kind == "Send" {
					g.Expect(err == nil).To(Equal(tt.err == nil))
					if tt.err != nil {
						g.Expect(err).To(BeIdenticalTo(tt.err), "as the transport gave it")
					}
				}

				g.Expect(seen).To(HaveExactElements(raven.Outcome{EventID: c.LastEventID(), Kind: tt.kind, Status: tt.status, Err: tt.err}))
				g.Expect(ledgerOf(c)).To(Equal(map[string]string{c.LastEventID(): tt.word}))
				stats := c.Stats()
				g.Expect(stats.Of(tt.kind)).To(Equal(uint64(1)))
				g.Expect(stats.Captured).To(Equal(uint64(1)))
				g.Expect(stats.Pending).To(BeZero())
				g.Expect(stats.Lost() == 1).To(Equal(tt.kind.Lost()))
				g.Expect(tt.kind.Lost()).To(Equal(tt.err != nil))

				g.Expect(c.State().Status == raven.StatusError).To(Equal(tt.failing && kind != "raised"))
				switch {
				case tt.err == nil || kind == "raised" || kind == "Deliver" || kind == "Send":
					g.Expect(flushed).To(Succeed(), "all losses were returned")
				default:
					var loss *raven.LossError
					g.Expect(errors.As(flushed, &loss)).To(BeTrue())
					g.Expect(loss.Lost).To(Equal(map[raven.OutcomeKind]uint64{tt.kind: 1}))
					g.Expect(loss).To(MatchError(fmt.Sprintf("raven: events lost since the last Flush: 1 (%s 1)", tt.kind)))
					g.Expect(c.Flush(t.Context())).To(Succeed(), "Flush returns a loss once")
				}
			})
		}
	}
}

func ledgerOf(c *raven.Client) map[string]string {
	outcomes, _ := c.Ledger()
	return outcomes
}

func TestWhatIsDropped(t *testing.T) {
	none := raven.SampleRate(0)
	for _, tt := range []struct {
		name   string
		opts   []raven.Option
		before func(*raven.Client)
		report func(context.Context, *raven.Client) string
		kind   raven.OutcomeKind
		id     bool // the capture returns one
		err    string
	}{
		{
			name: "ignored", opts: []raven.Option{raven.WithIgnore(raven.Is(errDown))}, kind: raven.OutcomeIgnored,
			report: func(ctx context.Context, c *raven.Client) string { return c.CaptureException(ctx, errDown) },
		},
		{
			name: "sampled", kind: raven.OutcomeSampled, id: true,
			report: func(ctx context.Context, c *raven.Client) string { return c.CaptureMessage(ctx, "x", none) },
			err:    "raven: event ID was dropped: sampled out (WithSampleRate, SampleRate)",
		},
		{
			name: "throttled", opts: []raven.Option{raven.Throttle(1, time.Hour)}, kind: raven.OutcomeThrottled,
			before: func(c *raven.Client) { c.CaptureMessage(context.Background(), "x") },
			report: func(ctx context.Context, c *raven.Client) string { return c.CaptureMessage(ctx, "x") },
			err:    "raven: event ID was dropped: there were too many like it (Throttle)",
		},
		{
			name: "invalid", kind: raven.OutcomeInvalid,
			report: func(ctx context.Context, c *raven.Client) string {
				return c.Capture(ctx, &raven.Event{Message: "x", EventID: "ABCDEF0123456789abcdef0123456789"}, breaking)
			},
			err: "raven: event ID was dropped: it could not be built: value method github.com/ravenkit/ravenkit/raven.Tags.apply called using nil *Tags pointer",
		},
		{
			name: "invalid without an id", kind: raven.OutcomeInvalid,
			report: func(ctx context.Context, c *raven.Client) string { return c.CaptureMessage(ctx, "x", breaking) },
			err:    "raven: event ID was dropped: it could not be built: value method github.com/ravenkit/ravenkit/raven.Tags.apply called using nil *Tags pointer",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			var last raven.Outcome
			n := 0
			opts := append(tt.opts, quiet, raven.WithOnOutcome(func(o raven.Outcome) { last, n = o, n+1 }))
			c, rec := newRecorded(t, testDSN, opts...)
			if tt.before != nil {
				tt.before(c)
			}
			sent, already := len(rec.all()), n
			id := tt.report(t.Context(), c)
			g.Expect(id != "").To(Equal(tt.id))
			g.Expect(last.Kind).To(Equal(tt.kind))
			g.Expect(n).To(Equal(already + 1))
			g.Expect(c.Stats().Of(tt.kind)).To(Equal(uint64(1)))
			g.Expect(rec.all()).To(HaveLen(sent))
			if tt.id {
				g.Expect(id).To(And(Equal(c.LastEventID()), Equal(last.EventID)))
			}
			if tt.kind == raven.OutcomeIgnored {
				g.Expect(ledgerOf(c)).To(BeEmpty())
				return
			}
			g.Expect(ledgerOf(c)).To(HaveKeyWithValue(last.EventID, HavePrefix(string(tt.kind))))
			dropped := &raven.DroppedError{Outcome: last}
			g.Expect(dropped.Error()).To(Equal(replaceID(tt.err, last.EventID)))
		})
	}
}

// breaking is an option that breaks the building of an event.
var breaking raven.CaptureOption = (*raven.Tags)(nil)

func replaceID(text, id string) string {
	return fmt.Sprintf(text[:len("raven: event ")]+"%s"+text[len("raven: event ID"):], id)
}

func TestDeliverTellsWhatWasDropped(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN, raven.WithSampleRate(0))
	id, err := c.Deliver(t.Context(), &raven.Event{Message: "x"})
	g.Expect(err).To(MatchError(raven.ErrDropped))
	var dropped *raven.DroppedError
	g.Expect(errors.As(err, &dropped)).To(BeTrue())
	g.Expect(dropped.Outcome).To(Equal(raven.Outcome{EventID: id, Kind: raven.OutcomeSampled}))
	g.Expect(c.LastEventID()).To(Equal(id))
	g.Expect(c.Send(t.Context(), &raven.Event{Message: "x"})).To(Succeed(), "as it is")

	_, err = c.Deliver(t.Context(), &raven.Event{Message: "x"}, raven.SampleRate(1), breaking)
	g.Expect(err).To(MatchError(raven.ErrDropped))
	g.Expect(c.Flush(t.Context())).To(Succeed(), "the caller knows")
}

func TestOnOutcome(t *testing.T) {
	t.Run("may use the client", func(t *testing.T) {
		g := NewWithT(t)
		var c *raven.Client
		again := true
		q := new(queue)
		c = newOver(t, q, testDSN, quiet, raven.WithOnOutcome(func(raven.Outcome) {
			if again {
				again = false
				c.CaptureMessage(t.Context(), "second")
				_, _ = c.Stats(), c.State()
				_, _ = c.Ledger()
			}
		}))
		c.CaptureMessage(t.Context(), "first", raven.SampleRate(0))
		g.Expect(c.Flush(t.Context())).To(Succeed())
		g.Expect(q.all()).To(HaveLen(1))
	})
	t.Run("may panic", func(t *testing.T) {
		g := NewWithT(t)
		logs, log := newLog()
		c, rec := newRecorded(t, testDSN, log, raven.WithOnOutcome(func(raven.Outcome) { panic("hook") }))
		g.Expect(c.CaptureMessage(t.Context(), "x")).To(HaveLen(32))
		g.Expect(rec.all()).To(HaveLen(1))
		g.Expect(logs.String()).To(ContainSubstring(`level=ERROR msg="raven: the function of WithOnOutcome panicked" panic=hook`))
	})
	t.Run("hears of an event once, whatever the transport does", func(t *testing.T) {
		g := NewWithT(t)
		n := 0
		c := newOver(t, twice{}, testDSN, quiet, raven.WithOnOutcome(func(raven.Outcome) { n++ }))
		c.CaptureMessage(t.Context(), "x")
		g.Expect(n).To(Equal(1))
		g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Delivered: 1}))
	})
	_, err := raven.New(testDSN, raven.WithOnOutcome(nil))
	NewWithT(t).Expect(err).To(MatchError("raven: WithOnOutcome: the function is nil"))
}

// twice calls back twice, and then panics.
type twice struct{ held }

func (twice) SendAsync(_ context.Context, _ *transport.Packet, done func(*transport.Response, error)) {
	done(nil, nil)
	done(nil, errDown)
	panic("and again")
}

func TestATransportThatEndsTheGoroutine(t *testing.T) {
	g := NewWithT(t)
	c := newOver(t, quitter{}, testDSN, quiet)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = c.Deliver(context.Background(), nil)
	}()
	<-gone
	g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Network: 1}))
	g.Expect(ledgerOf(c)).To(HaveKeyWithValue(c.LastEventID(), "network: raven: the transport ended the goroutine"))
}

type quitter struct{ held }

func (quitter) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	runtime.Goexit()
	return nil, nil
}
