package transporttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var queueCases = []Case{
	{
		Name: "OnceEvicted", Rule: once + "with an error that wraps ErrQueueFull if a full queue refuses or evicts it.",
		needs: []need{needsAsync, needsQueue, needsBound}, run: onceEvicted,
	},
	{
		Name: "QueueDrops", Rule: "overflow=drop_newest refuses the packet for which there is no room, drop_oldest evicts the oldest.",
		needs: []need{needsAsync, needsOption("overflow", "drop_oldest")}, run: queueDrops,
	},
	{
		Name: "QueueBytes", Rule: "queue_bytes limits the bytes of the waiting packets: the stored size of each body, and 256 bytes for each packet.",
		needs: []need{needsAsync, needsOption("queue_bytes", "1"), needsBound}, run: queueBytes,
	},
	{
		Name: "QueueBlocks", Rule: "ctx limits admission only, and only if admission has to wait: a refused packet gets the cause of ctx's end.",
		needs: []need{needsAsync, needsOption("overflow", "block")}, run: queueBlocks,
	},
	{
		Name: "PoolBlocks", Rule: "At most pool_size packets are outstanding; at the limit the caller waits until its ctx ends.",
		needs: []need{needsAsync, needsOption("pool_size", "1")}, run: poolBlocks,
	},
}

// occupied opens a transport with one worker, which is busy with a packet that
// the server does not answer, so that later packets wait.
func (t *trial) occupied(params ...string) (*link, *receipt) {
	t.Helper()
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv, t.oneWorker(params...)...)
	busy := l.submit(context.Background(), l.packet())
	t.requests(srv, 1)
	return l, busy
}

// oneWorker adds the option for a single worker, if the transport has it.
func (t *trial) oneWorker(params ...string) []string {
	if takesOption(t.h, "workers", "1") {
		params = append(params, "workers", "1")
	}
	return params
}

func (t *trial) full(how string, o outcome) {
	t.Helper()
	if o.r != nil || !errors.Is(o.err, transport.ErrQueueFull) {
		t.Errorf("%s: want an error that wraps ErrQueueFull, got %v", how, o)
	}
}

// onceEvicted knows only that the queue has room for one packet. Each transport
// decides which packet is evicted.
func onceEvicted(t *trial) {
	l, _ := t.occupied(queueOption(t.h), "1")
	_, receipts := l.submitAll(6)
	t.until("5 of 6 callbacks, with room for one packet", func() bool { return answered(receipts) >= 5 })
	if n := answered(receipts); n != 5 {
		t.Errorf("the queue has room for one packet, but %d of 6 were refused", n)
	}
	var refused []*receipt
	for i, r := range receipts {
		select {
		case o := <-r.told:
			t.full(fmt.Sprintf("packet %d of %d", i+1, len(receipts)), o)
			refused = append(refused, r)
		default: // it is in the queue
		}
	}
	l.shut()
	t.counted(refused)
}

// answered counts the packets whose callback has run.
func answered(receipts []*receipt) int {
	n := 0
	for _, r := range receipts {
		n += min(r.count(), 1)
	}
	return n
}

func queueDrops(t *trial) {
	for _, c := range []struct {
		overflow string
		dropped  []int // of 4 packets, with room for 2
	}{
		{"drop_newest", []int{2, 3}},
		{"drop_oldest", []int{0, 1}},
	} {
		l, _ := t.occupied(queueOption(t.h), "2", "overflow", c.overflow)
		_, receipts := l.submitAll(4)
		for _, i := range c.dropped {
			how := fmt.Sprintf("packet %d of 4 under overflow=%s", i+1, c.overflow)
			t.full(how, receive(t, "the callback of "+how, receipts[i].told))
		}
		if n := answered(receipts); n != 2 {
			t.Errorf("overflow=%s: there is room for 2 of 4 packets, but %d were refused", c.overflow, n)
		}
		l.shut()
	}
}

// queueBytes does not check which packet is evicted.
func queueBytes(t *trial) {
	probe, _ := t.occupied()
	p := probe.packet()
	probe.shut()
	l, _ := t.occupied("queue_bytes", fmt.Sprint(2*(len(p.Body)+256)))
	_, receipts := l.submitAll(3)
	t.until("a callback, with room for 2 of 3 packets", func() bool { return answered(receipts) > 0 })
	if n := answered(receipts); n != 1 {
		t.Errorf("there is room for 2 of 3 packets, but %d were refused", n)
	}
	for _, r := range receipts {
		if r.count() > 0 {
			t.full("a packet for which there is no room", <-r.told)
		}
	}
}

func queueBlocks(t *trial) {
	l, _ := t.occupied(queueOption(t.h), "1", "overflow", "block")
	l.submit(context.Background(), l.packet()) // takes the room
	t.waits(l)
}

func poolBlocks(t *trial) {
	l, _ := t.occupied("pool_size", "1")
	t.waits(l)
}

// waits checks a SendAsync that finds no room.
func (t *trial) waits(l *link) {
	t.Helper()
	ctx, cancel := shortly()
	defer cancel()
	r := l.submit(ctx, l.packet())
	if ctx.Err() == nil {
		t.Errorf("SendAsync did not wait for room until its context ended")
	}
	o := receive(t, "the callback", r.told)
	if o.r != nil || !errors.Is(o.err, context.DeadlineExceeded) {
		t.Errorf("want an error that wraps the cause of the context's end, got %v", o)
	}
	l.shut()
	t.counted([]*receipt{r})
}
