package transport_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// Waiting callers are woken at once, but not again within a millisecond, unless
// half of the queue is free.
func TestCallersThatWaitForRoomAreWokenTogether(t *testing.T) {
	cfg := transport.ThreadedConfig{Workers: 1, QueueSize: 8, Overflow: transport.Block}
	inBubble(t, cfg, func(t *testing.T, g *WithT, tr *transport.Threaded, n *next, o *outcomes) {
		for range 9 { // one is in flight
			tr.SendAsync(t.Context(), body("early"), nil)
			synctest.Wait()
		}
		var admitted atomic.Int64
		for range 5 {
			go func() {
				tr.SendAsync(context.Background(), body("late"), nil)
				admitted.Add(1)
			}()
		}
		deliver := func(count int) int64 {
			n.allow(count)
			synctest.Wait()
			return admitted.Load()
		}
		synctest.Wait()
		g.Expect(deliver(1)).To(BeEquivalentTo(1), "the first at once")
		g.Expect(deliver(2)).To(BeEquivalentTo(1), "not again at the same time")
		time.Sleep(time.Millisecond - 1)
		synctest.Wait()
		g.Expect(admitted.Load()).To(BeEquivalentTo(1))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		g.Expect(admitted.Load()).To(BeEquivalentTo(3), "one caller for each packet that left")
		g.Expect(deliver(3)).To(BeEquivalentTo(3))
		g.Expect(deliver(1)).To(BeEquivalentTo(5), "half of the queue is free")
	})
}
