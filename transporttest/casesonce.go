package transporttest

import (
	"context"
	"errors"
	"fmt"

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
func (t *trial) once(l *link, n int, judge func(how string, p *transport.Packet, o outcome)) {
	t.Helper()
	packets, receipts := l.submitAll(n)
	for i, r := range receipts {
		how := fmt.Sprintf("packet %d of %d", i+1, n)
		judge(how, packets[i], receive(t, "the callback of "+how, r.told))
	}
	l.shut()
	t.counted(receipts)
}

// onceHeld is once for packets that a transport holds until bring brings about
// their outcomes.
func (t *trial) onceHeld(l *link, n int, bring func(), judge func(how string, p *transport.Packet, o outcome)) {
	t.Helper()
	packets, receipts := l.submitAll(n)
	l.heard(1)
	l.waiting(n)
	bring()
	for i, r := range receipts {
		how := fmt.Sprintf("packet %d of %d", i+1, n)
		judge(how, packets[i], receive(t, "the callback of "+how, r.told))
	}
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
	t.once(t.open(srv), 5, func(how string, p *transport.Packet, o outcome) { t.refused(how, p, o, 400) })
}

func onceTimedOut(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv, "timeout", timeout)
	if l.holder == nil {
		t.once(l, 3, t.timedOut)
		return
	}
	t.onceHeld(l, 3, l.shut, func(how string, _ *transport.Packet, o outcome) { t.closed(how, o) })
}

func onceReset(t *trial) {
	srv := t.serve()
	t.ail(srv, sentrytest.Reset())
	l := t.open(srv)
	if l.holder == nil {
		t.once(l, 5, func(how string, p *transport.Packet, o outcome) { t.failed(how, p, o) })
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
		t.once(l, 5, func(how string, p *transport.Packet, o outcome) { t.untrusted(how, srv, p, o, unknown) })
		return
	}
	t.onceHeld(l, 5, func() {
		if err := l.closePatiently(); !unknown.refusal(err) {
			t.Errorf("want an error that wraps an %s from Close, got %v", unknown.reason, err)
		}
	}, func(how string, _ *transport.Packet, o outcome) {
		t.closed(how, o)
		if !unknown.refusal(o.err) {
			t.Errorf("%s: want an error that wraps an %s, got %v", how, unknown.reason, o.err)
		}
	})
}

func onceAbandoned(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv)
	_, receipts := l.submitAll(10)
	t.requests(srv, 1)
	ctx, cancel := shortly()
	defer cancel()
	err := l.close(ctx)
	for i, r := range receipts {
		how := fmt.Sprintf("packet %d of %d", i+1, len(receipts))
		t.closed(how, receive(t, "the callback of "+how, r.told))
	}
	t.counted(receipts)
	var undelivered *transport.UndeliveredError
	if !errors.As(err, &undelivered) || undelivered.Abandoned != len(receipts) {
		t.Errorf("want an *UndeliveredError with %d Abandoned from Close, got %v", len(receipts), err)
	}
}

func onceAfterClose(t *trial) {
	l := t.open(t.serve())
	l.shut()
	t.once(l, 3, func(how string, _ *transport.Packet, o outcome) { t.closed(how, o) })
}
