package transporttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// pauseCases are about the stop of delivery for all packets, and its end.
var pauseCases = []Case{
	{
		Name: "PauseAfterDial", Rule: "The transport pauses as a whole after a failed dial.",
		needs: []need{needsHold, needsTime}, run: pauseAfterDial,
	},
	{
		Name: "PauseAfterRetryAfter", Rule: "The transport pauses as a whole after a Retry-After, and Flush does not shorten that.",
		needs: []need{needsHold}, run: pauseAfterRetryAfter,
	},
	{
		Name: "PauseAfterTwo", Rule: "The transport pauses as a whole when two different packets have failed with no success between them, and not before.",
		needs: []need{needsHold, needsTime, needsOption("workers", "2")}, run: pauseAfterTwo,
	},
	{
		Name: "PauseProbes", Rule: "While it pauses, one packet at a time is sent as a probe, each time a different one if possible.",
		needs: []need{needsHold, needsTime}, run: pauseProbes,
	},
	{
		Name: "PauseEnds", Rule: "A success ends the pause: packets that failed in it are tried again at once.",
		needs: []need{needsHold, needsTime}, run: pauseEnds,
	},
	{
		Name: "PauseGrows", Rule: "After a pause one packet is sent at a time, and one more after each success.",
		needs: []need{needsHold, needsTime, needsOption("workers", "8")}, run: pauseGrows,
	},
	{
		Name: "HoldHalves", Rule: "A failure halves how many packets are sent at a time.",
		needs: []need{needsHold, needsTime, needsOption("workers", "8")}, run: holdHalves,
	},
	{
		Name: "HoldLimits", Rule: "While a rate limit is in force, new packets of its categories are refused with a *RateLimitedError that is Held. Packets that were accepted before wait until it ends, an hour at most. The packet whose answer starts the limit is lost.",
		needs: []need{needsHold, needsTime, needsOption("workers", "1")}, run: holdLimits,
	},
	{
		Name: "HoldLimitsHour", Rule: "Packets that were accepted before a rate limit wait until it ends, an hour at most.",
		needs: []need{needsHold, needsTime, needsOption("workers", "1")}, run: holdLimitsHour,
	},
	{
		Name: "PauseRefuses", Rule: "With overflow=block, a packet is refused at once while the transport pauses, and so are packets whose callers are waiting.",
		needs: []need{needsHold, needsQueue, needsOption("overflow", "block")}, run: pauseRefuses,
	},
	{
		Name: "HoldOrder", Rule: "With workers=1, packets keep their order, except for probes.",
		needs: []need{needsHold, needsOption("workers", "1")}, run: holdOrder,
	},
	{
		Name: "PauseSend", Rule: "Send is one attempt, past the queue and the pause. Its packet is never held. Its success ends a pause.",
		needs: []need{needsHold}, run: pauseSend,
	},
	{
		Name: "PauseNotices", Rule: "Watch calls fn when a pause begins and when it ends, by one goroutine at a time, under no lock, in the order of events. Each of several watchers receives every notice.",
		needs: []need{needsHold}, run: pauseNotices,
	},
}

func pauseAfterDial(t *trial) {
	srv := t.serve()
	srv.Down()
	l := t.open(srv)
	var s transport.HoldState
	for i := range 2 {
		l.give()
		pass(time.Millisecond)
		s = l.holder.HoldState()
		if !s.Paused || s.Failures != 1 || s.Waiting != i+1 || s.InFlight != 0 || !errors.Is(s.Err, connRefused) {
			t.Errorf("packet %d: want a pause after one failure, in which all packets wait, got %+v", i+1, s)
		}
	}
	if at := time.Until(s.Until); at < 800*time.Millisecond || at > 1100*time.Millisecond {
		t.Errorf("want the first probe to be due in a second, got %v", at)
	}
}

func pauseAfterRetryAfter(t *trial) {
	srv := t.serve(sentrytest.Status(503).RetryAfter("600"))
	l := t.open(srv)
	l.give()
	if n := l.heard(1)[0]; n.Until.Sub(n.Since) != 10*time.Minute {
		t.Errorf("want a pause of ten minutes, got %+v", n)
	}
	l.give()
	ctx, cancel := shortly()
	defer cancel()
	t.pending("during a pause", l.flush(ctx), 2)
	if n := len(srv.Requests()); n != 1 {
		t.Errorf("want one request before the pause, got %d", n)
	}
}

// pauseAfterTwo makes packets fail by their names.
func pauseAfterTwo(t *trial) {
	srv := t.serve()
	l := t.open(srv, "workers", "2")
	a, b, c, d := l.packet(), l.packet(), l.packet(), l.packet()
	for _, p := range []*transport.Packet{a, c, d} {
		srv.Rule(sentrytest.When(sentrytest.OnEvent(sentrytest.HasMessage(p.EventID))).Do(sentrytest.Status(503)))
	}
	for i, step := range []struct {
		p      *transport.Packet
		paused bool
	}{{a, false}, {b, false}, {c, false}, {d, true}} {
		l.submit(context.Background(), step.p)
		pass(10 * time.Millisecond)
		if paused := l.holder.HoldState().Paused; paused != step.paused {
			t.Errorf("packet %d of a failure, a success and two failures: want Paused %v, got %v", i+1, step.paused, paused)
		}
	}
}

func pauseProbes(t *trial) {
	srv := t.serve()
	t.ail(srv, sentrytest.Status(503))
	l := t.open(srv)
	packets, receipts := l.submitAll(5)
	pass(100 * time.Millisecond)
	began := len(tries(srv))
	pass(100 * time.Second) // 1 + 4 + 9 + 16 + 25 + 36
	probes := tries(srv)[began:]
	if len(probes) < 5 || len(probes) > 7 {
		t.Errorf("want about six probes in 100 s, got %d", len(probes))
	}
	tried := make(map[string]bool)
	for i, probe := range probes {
		tried[probe.id] = true
		if i > 0 && probe.id == probes[i-1].id {
			t.Errorf("probe %d is the same packet as the probe before: %s", i+1, order(srv, packets))
		}
	}
	if len(tried) != len(packets) {
		t.Errorf("want the packets to take turns as probes, got %s", order(srv, packets))
	}
	srv.ClearFaults()
	pass(time.Minute)
	t.all("in the end", packets, receipts, t.settled, t.delivered)
}

func pauseEnds(t *trial) {
	const n = 20
	srv := t.serve()
	srv.Down()
	l := t.open(srv)
	packets, receipts := l.submitAll(n)
	pass(10 * time.Second)
	t.up(srv)
	pass(30 * time.Second)
	t.all("after the pause", packets, receipts, t.settled, t.delivered)
	if all := tries(srv); all[n-1].at.Sub(all[0].at) > 0 {
		t.Errorf("want everything to be sent at once after the pause, got waits of %v", waits(all))
	}
}

// pauseGrows uses slow answers, so that packets that are sent concurrently
// arrive at the same moment.
func pauseGrows(t *trial) {
	srv := t.serve()
	srv.Down()
	l := t.open(srv, "workers", "8")
	l.submitAll(60)
	pass(10 * time.Second)
	t.ail(srv, sentrytest.OK().After(100*time.Millisecond))
	t.up(srv)
	pass(30 * time.Second)
	steps := atATime(tries(srv))
	if len(steps) < 4 || steps[0] != 1 || steps[1] != 1 || steps[2] != 2 {
		t.Errorf("want one probe, then one packet at a time, then one more for each success, got %v", steps)
	}
	for i := 1; i < len(steps); i++ {
		if steps[i] > 2*steps[i-1] {
			t.Errorf("want one more packet at a time for each success, got %v", steps)
			break
		}
	}
	if most := slices.Max(append(steps, 0)); most != 8 {
		t.Errorf("want at most workers=8 packets at a time, and 8 in the end, got %v", steps)
	}
}

// atATime counts the attempts at each moment.
func atATime(all []try) []int {
	var steps []int
	var last time.Time
	for _, try := range all {
		if !try.at.Equal(last) {
			steps = append(steps, 0)
		}
		steps[len(steps)-1]++
		last = try.at
	}
	return steps
}

// holdHalves makes one of eight packets fail. No other packet may be sent until
// only half of them are in flight.
func holdHalves(t *trial) {
	const step = 100 * time.Millisecond
	steps := []sentrytest.Step{sentrytest.Status(503).After(step)}
	for i := range 7 {
		steps = append(steps, sentrytest.OK().After(time.Duration(i+2)*step))
	}
	srv := t.serve(steps...)
	l := t.open(srv, "workers", "8")
	began := time.Now()
	packets, receipts := l.submitAll(12)
	pass(10 * time.Second)
	t.all("in the end", packets, receipts, t.settled, t.delivered)
	for i, try := range tries(srv) {
		after := try.at.Sub(began)
		if i < 8 && after != 0 || i >= 8 && after < 3*step {
			t.Errorf("want eight packets at once, and more only when half of them are in flight, got %v", waits(tries(srv)))
			break
		}
	}
}

func holdLimits(t *trial) {
	srv := t.serve(sentrytest.Status(429).RetryAfter("30").After(time.Second))
	l := t.open(srv, "workers", "1")
	met, metBy := l.give()
	accepted, receipts := l.submitAll(2)
	pass(2 * time.Second)
	fresh, refused := l.give()
	pass(time.Millisecond)

	o := t.settled("the packet whose answer starts the limit", metBy)
	if limited, ok := errors.AsType[*transport.RateLimitedError](o.err); !ok || limited.Held || limited.EventID != met.EventID {
		t.Errorf("the packet whose answer starts the limit: want a *RateLimitedError that is not Held, got %v", o)
	}
	t.held("a packet sent during the limit", fresh, t.settled("a packet sent during the limit", refused))
	if s := l.holder.HoldState(); !s.Paused || s.Waiting != 2 {
		t.Errorf("want a pause with two waiting packets during the limit, got %+v", s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = l.flush(ctx) // other cases check its error
	pass(time.Minute)
	t.all("accepted before the limit", accepted, receipts, t.settled, t.delivered)
	all := tries(srv)
	if wait := all[1].at.Sub(all[0].at); wait != 31*time.Second {
		t.Errorf("want the first packet to be sent when the limit ends, 31 s after the request that started it, got %v", wait)
	}
}

func holdLimitsHour(t *trial) {
	srv := t.serve(sentrytest.Status(429).RetryAfter("7200").After(time.Second))
	l := t.open(srv, "workers", "1")
	l.give()
	_, r := l.give()
	pass(time.Hour)
	t.unsettled("during an hour", r)
	pass(2 * time.Second)
	if o := t.settled("after an hour", r); o.r != nil || !wraps[*transport.RateLimitedError](o.err) {
		t.Errorf("want a *RateLimitedError after an hour, got %v", o)
	}
}

func pauseRefuses(t *trial) {
	srv := t.serve()
	srv.Down()
	l := t.open(srv, queueOption(t.h), "1", "overflow", "block")
	l.give()
	l.heard(1)
	l.waiting(1)
	_, r := l.give() // fails the trial if it does not return
	o := receive(t, "the callback", r.told)
	t.full("during a pause", o)
	if !errors.Is(o.err, connRefused) {
		t.Errorf("want an error that wraps the cause of the pause, got %v", o.err)
	}

	// The first packet is in flight, the second takes the room, and the third
	// waits for it.
	srv = t.serve(sentrytest.Status(503).RetryAfter("600").After(settleTime))
	l = t.open(srv, t.oneWorker(queueOption(t.h), "1", "overflow", "block")...)
	l.give()
	t.requests(srv, 1)
	l.give()
	_, r = l.give()
	t.full("when a pause begins", receive(t, "the callback", r.told))
}

// holdOrder delays the first answer until the other packets are queued.
func holdOrder(t *trial) {
	srv := t.serve(sentrytest.OK().After(settleTime), sentrytest.Status(502))
	l := t.open(srv, "workers", "1")
	packets, _ := l.submitAll(5)
	l.deliverAll()
	if got, want := order(srv, packets), "a b c b d e"; got != want {
		t.Errorf("the second of five packets fails: want the third as the probe and the others in order, %q, got %q", want, got)
	}
}

func pauseSend(t *trial) {
	srv := t.serve(sentrytest.Status(503).RetryAfter("600"), sentrytest.Status(503))
	l := t.open(srv)
	l.give()
	l.heard(1)
	b, waits := l.give()
	p := l.packet()
	t.refused("Send during a pause", p, l.send(p), 503)
	if s := l.holder.HoldState(); !s.Paused || s.Waiting != 2 {
		t.Errorf("want the pause to continue, and two packets of SendAsync to wait, got %+v", s)
	}
	p = l.packet()
	t.delivered("Send to a server that works again", p, l.send(p))
	t.delivered("after a Send that ended the pause", b, receive(t, "the callback of a packet that waited", waits.told))
	if n := l.heard(2)[1]; n.Kind != transport.NoticeResumed || n.EventID != p.EventID {
		t.Errorf("want a notice of the end of the pause by event %s, got %+v", p.EventID, n)
	}
}

func pauseNotices(t *trial) {
	srv := t.serve(sentrytest.Status(503).RetryAfter("600"))
	l := t.open(srv)
	var others notices
	l.holder.Watch(func(n transport.Notice) {
		others.add(n)
		l.holder.HoldState()
	})
	a, _ := l.give()
	began := l.heard(1)[0]
	if began.Kind != transport.NoticePaused || began.EventID != a.EventID || began.Waiting != 1 ||
		began.Since.IsZero() || !began.Until.After(began.Since) || !isStatus(began.Err, 503) {
		t.Errorf("want a notice that event %s failed with status 503 and waits, got %+v", a.EventID, began)
	}
	b := l.packet()
	t.delivered("Send", b, l.send(b))
	ended := l.heard(2)[1]
	if ended.Kind != transport.NoticeResumed || ended.EventID != b.EventID || !ended.Since.Equal(began.Since) ||
		!ended.Until.IsZero() || !isStatus(ended.Err, 503) {
		t.Errorf("want a notice of the end of the pause of %v by event %s, got %+v", began.Since, b.EventID, ended)
	}
	// A refusal of the client begins another pause.
	srv.Script(sentrytest.Status(403))
	l.give()
	l.heard(3)
	c := l.packet()
	t.delivered("Send", c, l.send(c))
	l.heard(4)
	t.until("the second watcher has every notice", func() bool { return len(others.get()) >= 4 })
	var kinds []string
	for _, n := range l.notices.get() {
		kinds = append(kinds, map[transport.NoticeKind]string{transport.NoticePaused: "paused", transport.NoticeResumed: "resumed"}[n.Kind])
	}
	if got := strings.Join(kinds, " "); got != "paused resumed paused resumed" {
		t.Errorf("want two pauses, got the notices: %s", got)
	}
	if !slices.Equal(others.get(), l.notices.get()) {
		t.Errorf("two watchers received different notices:\n%+v\n%+v", others.get(), l.notices.get())
	}
}

func isStatus(err error, status int) bool {
	api, ok := errors.AsType[*transport.APIError](err)
	return ok && api.Status == status
}
