package transporttest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

var closeCases = []Case{
	{
		Name: "AfterClose", Rule: "After Close it returns ErrClosed.",
		run: afterClose,
	},
	{
		Name: "CloseRepeated", Rule: "It may be called again and concurrently: calls that cancelled nothing return nil.",
		run: closeRepeated,
	},
	{
		Name: "CloseWaits", Rule: "It waits for the running sends until ctx ends.",
		run: closeWaits,
	},
	{
		Name: "CloseDrains", Rule: "It delivers the accepted packets until ctx ends or the shutdown timeout is over.",
		needs: []need{needsAsync}, run: closeDrains,
	},
	{
		Name: "CloseGivesUp", Rule: "It waits for the running sends until ctx ends, then cancels them. It returns nil, or an *UndeliveredError that counts what it cancelled.",
		run: closeGivesUp,
	},
	{
		Name: "CloseTogether", Rule: "Every call waits for the same end, and calls that gave up nothing return nil.",
		run: closeTogether,
	},
	{
		Name: "ShutdownTimeout", Rule: "It delivers the accepted packets until the shutdown timeout is over.",
		needs: []need{needsAsync, needsOption("shutdown_timeout", "1")}, run: shutdownTimeout,
	},
}

func afterClose(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	before := l.packet()
	t.delivered("before Close", before, l.send(before))
	if err := l.close(context.Background()); err != nil {
		t.Errorf("want nil from Close, got %v", err)
	}
	late := l.packet()
	t.closed("Send after Close", late, l.send(late))
	if arrived(srv, late) {
		t.Errorf("the packet was sent")
	}
}

func closeRepeated(t *trial) {
	l := t.open(t.serve())
	for i := range 3 {
		if err := l.close(context.Background()); err != nil {
			t.Errorf("Close number %d: want nil, got %v", i+1, err)
		}
	}
}

func closeWaits(t *trial) {
	for i := range t.open(t.serve()).ways() {
		srv := t.serve(sentrytest.OK().After(5 * settleTime))
		l := t.open(srv)
		w, p := l.ways()[i], l.packet()
		told := w.give(p)
		t.requests(srv, 1)
		if err := l.close(context.Background()); err != nil {
			t.Errorf("%s: want nil from Close, got %v", w.name, err)
		}
		t.delivered(w.name+" running at Close", p, receive(t, "the outcome", told))
	}
}

func closeDrains(t *trial) {
	const n = 20
	srv := t.serve(sentrytest.OK().After(settleTime).Times(n))
	l := t.open(srv)
	packets, receipts := l.submitAll(n)
	if err := l.close(context.Background()); err != nil {
		t.Errorf("want nil from Close, got %v", err)
	}
	t.all("accepted before Close", packets, receipts, t.told, t.delivered)
}

func closeGivesUp(t *trial) {
	for i := range t.open(t.serve()).ways() {
		srv := t.serve(sentrytest.Hang())
		l := t.open(srv)
		w, p := l.ways()[i], l.packet()
		told := w.give(p)
		t.requests(srv, 1)
		ctx, cancel := shortly()
		defer cancel()
		t.gaveUp(w.name, l.close(ctx), 1)
		t.closed(w.name, p, receive(t, "the outcome of a send that Close cancelled", told))
	}
}

// gaveUp checks the error of a Close that could not deliver packets in time.
func (t *trial) gaveUp(how string, err error, abandoned int) {
	t.Helper()
	t.abandoned(how, err, abandoned)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: errors.Is does not find why Close gave up in %v", how, err)
	}
}

// closeTogether delays the answer to a packet until all calls of Close have had
// time to return too early. An earlier packet opens the connection.
func closeTogether(t *trial) {
	srv := t.serve()
	wire := t.relay(srv)
	l := t.openEnv(t.h.env(t), wire.dsn())
	w, first, p := l.ways()[len(l.ways())-1], l.packet(), l.packet()
	t.delivered(w.name, first, w.send(first))
	wire.hold()
	told := w.give(p)
	t.requests(srv, 2)
	const n = 8
	var answered atomic.Bool
	closed := make(chan error, n)
	for range n {
		go func() {
			err := l.Close(context.Background())
			if !answered.Load() {
				err = errors.Join(err, errors.New("it returned before a running send"))
			}
			closed <- err
		}()
	}
	<-time.After(settleTime)
	answered.Store(true)
	wire.release()
	for range n {
		if err := receive(t, "the return of Close", closed); err != nil {
			t.Errorf("one of %d Closes: %v", n, err)
		}
	}
	t.delivered(w.name+" running at Close", p, receive(t, "the outcome", told))
}

func shutdownTimeout(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1))
	l := t.open(srv, "shutdown_timeout", timeout)
	_, receipts := l.submitAll(3)
	t.requests(srv, 1)
	t.gaveUp("shutdown_timeout="+timeout, l.close(context.Background()), len(receipts))
}
