package fasthttptransport_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestQueueOptions(t *testing.T) {
	for value, says := range map[string]string{"0": "out of range", "99999999999999999999": "out of range", "many": "invalid syntax"} {
		_, err := open(t, "aiohttp+http://k@127.0.0.1:9/1?qsize="+value, transport.Env{})
		NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("qsize"), ContainSubstring(says))))
	}
}

// By default the oldest event is evicted, and the memory is limited to workers
// and qsize.
func TestTheOldestIsEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK().After(time.Second).Times(4))
		dsn := srv.DSN(sentrytest.DSNScheme("aiohttp"), sentrytest.DSNParam("workers", "2"), sentrytest.DSNParam("qsize", "2"))
		tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
		told := make(map[int]error)
		for i := range 6 {
			tr.SendAsync(t.Context(), packetFor(t, dsn), func(_ *transport.Response, err error) {
				if err != nil {
					told[i] = err // the evicting sender calls back
				}
			})
			synctest.Wait()
		}
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(told).To(HaveLen(2))
		g.Expect(told[2]).To(MatchError(transport.ErrQueueFull))
		g.Expect(told[3]).To(MatchError(transport.ErrQueueFull))
	})
}

func TestTheOldestIsEvictedForBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK().After(time.Second).Times(3))
		scheme := sentrytest.DSNScheme("fasthttp")
		// 256 for the rest of the packet.
		size := len(packetFor(t, srv.DSN(scheme)).Body) + 256
		dsn := srv.DSN(scheme, sentrytest.DSNParam("queue_bytes", strconv.Itoa(2*size)))
		tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
		told := make(map[int]error)
		for i := range 4 {
			tr.SendAsync(t.Context(), packetFor(t, dsn), func(_ *transport.Response, err error) {
				if err != nil {
					told[i] = err
				}
			})
			synctest.Wait()
		}
		g.Expect(tr.Flush(t.Context())).To(Succeed())
		g.Expect(told).To(HaveLen(1))
		g.Expect(told[1]).To(MatchError(transport.ErrQueueFull))
	})
}
