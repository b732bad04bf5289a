package transporttest

import (
	"context"
	"errors"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var callbackCases = []Case{
	{
		Name: "CallbackNil", Rule: "done may be nil.",
		needs: []need{needsAsync}, run: callbackNil,
	},
	{
		Name: "CallbackPanics", Rule: "A panic in done is logged, and affects no other packet.",
		needs: []need{needsAsync}, run: callbackPanics,
	},
	{
		Name: "CallbackSends", Rule: "done never runs under a lock of the transport's. It may call the transport.",
		needs: []need{needsAsync}, run: callbackSends,
	},
	{
		Name: "CallbackBlocks", Rule: "If a done never returns, Close returns all the same and counts it as Stuck.",
		needs: []need{needsAsync}, run: callbackBlocks,
	},
	{
		Name: "AdmissionContext", Rule: "If there is room, a packet is accepted even if ctx has ended, and it is delivered even if ctx ends later.",
		needs: []need{needsAsync}, run: admissionContext,
	},
	{
		Name: "SendPassesQueue", Rule: "Packets in the queue do not delay Send.",
		needs: []need{needsAsync}, run: sendPassesQueue,
	},
}

func callbackNil(t *trial) {
	srv := t.serve(sentrytest.OK(), sentrytest.Status(400))
	l := t.open(srv)
	for range 3 {
		l.hand(context.Background(), l.packet(), nil)
	}
	t.requests(srv, 3)
	l.shut()
	l.hand(context.Background(), l.packet(), nil)
}

func callbackPanics(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	// More than a transport has workers, in case each panic ends one.
	var thrown [16]chan struct{}
	for i := range thrown {
		thrown[i] = make(chan struct{})
		l.hand(context.Background(), l.packet(), func(*transport.Response, error) {
			defer close(thrown[i])
			panic("thrown by transporttest")
		})
	}
	for _, ch := range thrown {
		receive(t, "a callback that panics", ch)
	}
	packets, receipts := l.submitAll(4)
	t.all("after panics", packets, receipts, t.told, t.delivered)
	l.shut()
	l.hand(context.Background(), l.packet(), func(*transport.Response, error) { panic("thrown by transporttest") })
}

func callbackSends(t *trial) {
	l := t.open(t.serve())
	first, second, third := newReceipt(), newReceipt(), newReceipt()
	packets := []*transport.Packet{l.packet(), l.packet(), l.packet()}
	l.hand(context.Background(), packets[0], func(r *transport.Response, err error) {
		l.async.SendAsync(context.Background(), packets[1], second.done)
		ctx, cancel := t.patient()
		defer cancel()
		third.done(l.Send(ctx, packets[2]))
		first.done(r, err)
	})
	t.all("sent by a callback", packets, []*receipt{first, second, third}, t.told, t.delivered)
	// A refusal may run the callback before SendAsync returns, but not under a
	// lock.
	l.shut()
	l.hand(context.Background(), packets[0], func(*transport.Response, error) {
		l.async.SendAsync(context.Background(), packets[1], func(*transport.Response, error) {})
	})
}

func callbackBlocks(t *trial) {
	l := t.open(t.serve())
	release, blocked := make(chan struct{}), make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	l.hand(context.Background(), l.packet(), func(*transport.Response, error) {
		close(blocked)
		<-release
	})
	receive(t, "the callback", blocked)
	ctx, cancel := shortly()
	defer cancel()
	err := l.close(ctx)
	if u, ok := errors.AsType[*transport.UndeliveredError](err); !ok || u.Stuck != 1 {
		t.Errorf("want an *UndeliveredError with 1 Stuck from Close, got %v", err)
	}
}

func admissionContext(t *trial) {
	l := t.open(t.serve())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := l.packet()
	t.delivered("ended before", p, receive(t, "the callback", l.submit(ctx, p).told))

	srv := t.serve(sentrytest.OK().After(settleTime))
	l = t.open(srv)
	ctx, cancel = context.WithCancel(context.Background())
	p = l.packet()
	r := l.submit(ctx, p)
	cancel()
	t.delivered("context ended during the delivery", p, receive(t, "the callback", r.told))
}

func sendPassesQueue(t *trial) {
	srv := t.serve(sentrytest.Hang())
	l := t.open(srv, t.oneWorker()...)
	l.submit(context.Background(), l.packet())
	t.requests(srv, 1)
	l.submit(context.Background(), l.packet())
	p := l.packet()
	t.delivered("Send with a queue that hangs", p, l.send(p))
}
