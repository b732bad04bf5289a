package transporttest

import (
	"context"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

const once = "done runs exactly once for every packet, accepted or refused: "

var onceCases = []Case{
	{
		Name: "OnceDelivered", Rule: once + "after a delivery.",
		needs: []need{needsAsync}, both: true, run: onceDelivered,
	},
	{
		Name: "OnceRefused", Rule: once + "after a refusal by the server.",
		needs: []need{needsAsync}, run: onceRefused,
	},
	{
		Name: "OnceTimedOut", Rule: once + "after a time-out, or, if the packet is held, when Close gives up.",
		needs: []need{needsAsync}, run: onceTimedOut,
	},
	{
		Name: "OnceReset", Rule: once + "after a broken connection, or, if the packet is held, when the server works again.",
		needs: []need{needsAsync}, run: onceReset,
	},
	{
		Name: "OnceUntrusted", Rule: once + "after a failed handshake, or, if the packet is held, when Close gives up by itself.",
		needs: []need{needsAsync, needsTLS}, run: overTLS(onceUntrusted),
	},
	{
		Name: "OnceAbandoned", Rule: once + "when Close gives it up, whether it was being sent or waiting.",
		needs: []need{needsAsync}, run: onceAbandoned,
	},
	{
		Name: "OnceAfterClose", Rule: once + "after Close, with an error that wraps ErrClosed.",
		needs: []need{needsAsync}, run: onceAfterClose,
	},
}

// once sends n packets, waits for their outcomes, closes the transport, and
// counts the callbacks. After Close nothing can call back.
func (t *trial) once(l *link, n int, judge judgment) {
	t.Helper()
	t.onceAfter(l, n, func() {}, judge)
}

// onceHeld is once for packets that a transport holds until bring brings about
// their outcomes.
func (t *trial) onceHeld(l *link, n int, bring func(), judge judgment) {
	t.Helper()
	t.onceAfter(l, n, func() {
		l.heard(1)
		l.waiting(n)
		bring()
	}, judge)
}

func (t *trial) onceAfter(l *link, n int, then func(), judge judgment) {
	t.Helper()
	packets, receipts := l.submitAll(n)
	then()
	t.all("sent once", packets, receipts, t.told, judge)
	l.shut()
	t.counted(receipts)
}

func (l *link) submitAll(n int) ([]*transport.Packet, []*receipt) {
	l.t.Helper()
	packets, receipts := make([]*transport.Packet, n), make([]*receipt, n)
	for i := range packets {
		packets[i] = l.packet()
		receipts[i] = l.submit(context.Background(), packets[i])
	}
	return packets, receipts
}

// counted checks receipts after Close.
func (t *trial) counted(receipts []*receipt) {
	t.Helper()
	for i, r := range receipts {
		if n := r.count(); n != 1 {
			t.Errorf("packet %d of %d: the callback ran %d times", i+1, len(receipts), n)
		}
	}
}

func onceDelivered(t *trial) { t.once(t.open(t.serve()), 20, t.delivered) }

func onceRefused(t *trial) {
	srv := t.serve(sentrytest.Status(400).Times(-1).Optional())
	t.once(t.open(srv), 5, t.refusal(400))
}

func onceTimedOut(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv, "timeout", timeout)
	if l.holder == nil {
		t.once(l, 3, t.timedOut)
		return
	}
	t.onceHeld(l, 3, l.shut, t.closed)
}

func onceReset(t *trial) {
	srv := t.serve()
	t.ail(srv, sentrytest.Reset())
	l := t.open(srv)
	if l.holder == nil {
		t.once(l, 5, t.fails)
		return
	}
	t.onceHeld(l, 5, func() {
		srv.ClearFaults()
		l.deliverAll()
	}, t.delivered)
}

func onceUntrusted(t *trial) {
	unknown := certificates()[5]
	srv := t.serveTLS(unknown.option)
	l := t.open(srv)
	if l.holder == nil {
		t.once(l, 5, t.untrusted(srv, unknown))
		return
	}
	t.onceHeld(l, 5, func() {
		if err := l.closePatiently(); !unknown.refusal(err) {
			t.Errorf("want an error that wraps an %s from Close, got %v", unknown.reason, err)
		}
	}, func(how string, p *transport.Packet, o outcome) {
		t.closed(how, p, o)
		if !unknown.refusal(o.err) {
			t.Errorf("%s: want an error that wraps an %s, got %v", how, unknown.reason, o.err)
		}
	})
}

func onceAbandoned(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv)
	packets, receipts := l.submitAll(10)
	t.requests(srv, 1)
	ctx, cancel := shortly()
	defer cancel()
	t.abandoned("a server that hangs", l.close(ctx), len(receipts))
	t.all("given up", packets, receipts, t.told, t.closed)
	t.counted(receipts)
}

func onceAfterClose(t *trial) {
	l := t.open(t.serve())
	l.shut()
	t.once(l, 3, t.closed)
}
