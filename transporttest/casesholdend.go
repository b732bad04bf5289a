package transporttest

import (
	"context"
	"errors"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// holdEndCases are about Flush and Close of a transport that holds.
var holdEndCases = []Case{
	{
		Name: "HoldFlush", Rule: "Flush shortens a pause: while a Flush waits, a probe is sent each second. It does not shorten a Retry-After.",
		needs: []need{needsHold, needsTime}, run: holdFlush,
	},
	{
		Name: "HoldCloseProbes", Rule: "Close of a Holder that pauses makes one attempt at once. It gives up before its deadline if nobody answers at all, if the server refuses the client, or if it asks for more time than is left.",
		needs: []need{needsHold}, run: holdCloseProbes,
	},
	{
		Name: "HoldCloseWaits", Rule: "While the server answers with 408, 429 or a 5xx, or not in time, Close makes one attempt a second until its deadline.",
		needs: []need{needsHold, needsTime, needsOption("shutdown_timeout", "1")}, run: holdCloseWaits,
	},
	{
		Name: "HoldCloseDrains", Rule: "Close gives up packets at once that must wait past its deadline, and delivers the other accepted packets.",
		needs: []need{needsHold, needsOption("workers", "2")}, run: holdCloseDrains,
	},
}

// holdFlush calls Flush when the next probe is due in ten seconds or more.
func holdFlush(t *trial) {
	srv := t.serve()
	t.ail(srv, sentrytest.Status(503))
	l := t.open(srv)
	l.submitAll(2)
	pass(40 * time.Second) // 1 + 4 + 9 + 16; the next wait is 25
	before, began := len(tries(srv)), time.Now()
	const callers = 5
	ended := make(chan error, callers)
	for range callers {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
			defer cancel()
			ended <- l.async.Flush(ctx)
		}()
	}
	for range callers {
		t.pending("during a pause", receive(t, "the return of Flush", ended), 2)
	}
	probes := tries(srv)[before:]
	if len(probes) != 3 {
		t.Errorf("want probes at once, after a second and after two, got %d", len(probes))
	}
	for i, probe := range probes {
		if after := probe.at.Sub(began); after != time.Duration(i)*time.Second {
			t.Errorf("want a probe each second while several calls of Flush wait, got probe %d after %v", i+1, after)
		}
	}

	srv = t.serve(sentrytest.Status(503).RetryAfter("60"))
	l = t.open(srv)
	l.give()
	pass(time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 2500*time.Millisecond)
	defer cancel()
	if err := l.flush(ctx); err == nil {
		t.Errorf("want an error from a Flush that can't succeed")
	}
	pass(time.Minute)
	if got := waits(tries(srv)); len(got) != 1 || got[0] != time.Minute {
		t.Errorf("the server asked for 60 s: want one wait of that long, got %v", got)
	}
}

func holdCloseProbes(t *trial) {
	srv := t.serve()
	srv.Down()
	l := t.open(srv)
	packets, receipts := l.submitAll(3)
	l.heard(1)
	l.waiting(3)
	t.givesUp("nobody answers", l, packets, receipts, func(err error) bool { return errors.Is(err, connRefused) })

	// The server works again; only a probe can find out.
	srv = t.serve()
	srv.Down()
	l = t.open(srv)
	packets, receipts = l.submitAll(3)
	l.heard(1)
	l.waiting(3)
	t.up(srv)
	if err := l.closePatiently(); err != nil {
		t.Errorf("the server is back: want nil from Close, got %v", err)
	}
	t.all("the server is back", packets, receipts, t.told, t.delivered)

	srv = t.serve(sentrytest.Status(503).RetryAfter("600").Times(2))
	l = t.open(srv)
	packets, receipts = l.submitAll(1)
	l.heard(1)
	l.waiting(1)
	t.givesUp("the server asks for ten minutes", l, packets, receipts, func(err error) bool { return isStatus(err, 503) })

	srv = t.serve(sentrytest.Status(403).After(settleTime).Times(-1))
	l = t.open(srv)
	_, receipts = l.submitAll(40)
	t.requests(srv, 1)
	if err := l.closePatiently(); !isStatus(err, 403) {
		t.Errorf("the server refuses the client: want an error that wraps the status 403, got %v", err)
	}
	t.counted(receipts)
}

// givesUp checks a Close that has no reason to wait.
func (t *trial) givesUp(how string, l *link, packets []*transport.Packet, receipts []*receipt, why func(error) bool) {
	t.Helper()
	began := time.Now()
	err := l.closePatiently()
	if t.h.Network != nil && time.Since(began) > time.Second {
		t.Errorf("%s: want Close to give up within a second, it took %v", how, time.Since(began))
	}
	t.abandoned(how, err, len(receipts))
	if !why(err) {
		t.Errorf("%s: the error of Close does not wrap the reason: %v", how, err)
	}
	t.all(how, packets, receipts, t.settled, func(how string, p *transport.Packet, o outcome) {
		t.closed(how, p, o)
		if !why(o.err) {
			t.Errorf("%s: the error does not wrap the reason: %v", how, o.err)
		}
	})
	t.counted(receipts)
}

func holdCloseWaits(t *trial) {
	for _, c := range []struct {
		how  string
		step sentrytest.Step
	}{
		{"the server answers 503", sentrytest.Status(503)},
		{"the server is silent", sentrytest.Hang()},
	} {
		srv := t.serve()
		t.ail(srv, c.step)
		l := t.open(srv, "shutdown_timeout", "2.5", "timeout", "0.1")
		_, receipts := l.submitAll(2)
		pass(time.Minute)
		before, began := len(tries(srv)), time.Now()
		t.abandoned(c.how, l.closePatiently(), 2)
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("%s: want Close to try until its deadline of 2.5 s, it took %v", c.how, took)
		}
		if n := len(tries(srv)) - before; n != 3 {
			t.Errorf("%s: want an attempt at once, after a second and after two, got %d", c.how, n)
		}
		t.counted(receipts)

		srv = t.serve()
		t.ail(srv, c.step)
		l = t.open(srv, "shutdown_timeout", "2.5", "timeout", "0.1")
		_, receipts = l.submitAll(2)
		pass(time.Minute)
		time.AfterFunc(1500*time.Millisecond, srv.ClearFaults)
		if err := l.closePatiently(); err != nil {
			t.Errorf("%s for a while: want nil from Close, got %v", c.how, err)
		}
		t.counted(receipts)
	}
}

// holdCloseDrains closes the transport when one packet must wait for ten
// minutes and another one is being sent.
func holdCloseDrains(t *trial) {
	srv := t.serve(sentrytest.Status(503).RetryAfter("600"), sentrytest.OK().Times(2), sentrytest.OK().After(settleTime))
	l := t.open(srv, "workers", "2")
	held, late := l.give()
	l.heard(1)
	// The second one raises the limit to two at a time.
	l.each(l.ways(), "", t.delivered)
	p, r := l.give()
	t.requests(srv, 4)
	t.abandoned("one of two packets must wait", l.closePatiently(), 1)
	t.delivered("a packet running at Close", p, t.settled("a packet running at Close", r))
	t.closed("a packet that must wait", held, t.settled("a packet that must wait", late))
}
