package transporttest

import (
	"context"
	"errors"
	"fmt"
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
		var undelivered *transport.UndeliveredError
		if err := receive(t, "the return of Flush", ended); !errors.As(err, &undelivered) || undelivered.Pending != 2 {
			t.Errorf("want an *UndeliveredError with 2 Pending from Flush, got %v", err)
		}
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
	_, receipts := l.submitAll(3)
	l.heard(1)
	l.waiting(3)
	t.givesUp("nobody answers", l, receipts, func(err error) bool { return errors.Is(err, connRefused) })

	// The server works again; only a probe can find out.
	srv = t.serve()
	srv.Down()
	l = t.open(srv)
	packets, receipts := l.submitAll(3)
	l.heard(1)
	l.waiting(3)
	if err := srv.Up(); err != nil {
		t.Fatalf("%v", err)
	}
	if err := l.closePatiently(); err != nil {
		t.Errorf("the server is back: want nil from Close, got %v", err)
	}
	for i, r := range receipts {
		how := fmt.Sprintf("the server is back, packet %d of 3", i+1)
		t.delivered(how, packets[i], receive(t, "the callback", r.told))
	}

	srv = t.serve(sentrytest.Status(503).RetryAfter("600").Times(2))
	l = t.open(srv)
	_, r := l.give()
	l.heard(1)
	l.waiting(1)
	t.givesUp("the server asks for ten minutes", l, []*receipt{r}, func(err error) bool { return isStatus(err, 503) })

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
func (t *trial) givesUp(how string, l *link, receipts []*receipt, why func(error) bool) {
	t.Helper()
	began := time.Now()
	err := l.closePatiently()
	if t.h.Network != nil && time.Since(began) > time.Second {
		t.Errorf("%s: want Close to give up within a second, it took %v", how, time.Since(began))
	}
	var undelivered *transport.UndeliveredError
	if !errors.As(err, &undelivered) || undelivered.Abandoned != len(receipts) || !why(err) {
		t.Errorf("%s: want an *UndeliveredError with %d Abandoned from Close, and the reason, got %v", how, len(receipts), err)
	}
	for i, r := range receipts {
		of := fmt.Sprintf("%s, packet %d of %d", how, i+1, len(receipts))
		o := t.settled(of, r)
		t.closed(of, o)
		if !why(o.err) {
			t.Errorf("%s: the error does not wrap the reason: %v", of, o.err)
		}
	}
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
		var undelivered *transport.UndeliveredError
		if err := l.closePatiently(); !errors.As(err, &undelivered) || undelivered.Abandoned != 2 {
			t.Errorf("%s: want an *UndeliveredError with 2 Abandoned from Close, got %v", c.how, err)
		}
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
	_, late := l.give()
	l.heard(1)
	// The second one raises the limit to two at a time.
	for _, w := range l.ways() {
		p := l.packet()
		t.delivered(w.name, p, w.send(p))
	}
	p, r := l.give()
	t.requests(srv, 4)
	var undelivered *transport.UndeliveredError
	if err := l.closePatiently(); !errors.As(err, &undelivered) || undelivered.Abandoned != 1 {
		t.Errorf("want an *UndeliveredError with 1 Abandoned from Close, got %v", err)
	}
	t.delivered("a packet running at Close", p, t.settled("a packet running at Close", r))
	t.closed("a packet that must wait", t.settled("a packet that must wait", late))
}
