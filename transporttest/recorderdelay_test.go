package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

func TestRecorderDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		rec.Delay(3 * time.Second)
		start := time.Now()
		_, err := rec.Send(t.Context(), packet("a"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(time.Since(start)).To(Equal(3 * time.Second))

		start = time.Now()
		for range 5 {
			rec.SendAsync(t.Context(), packet("b"), nil)
		}
		g.Expect(rec.Packets()).To(HaveLen(6), "packets are recorded at once")
		g.Expect(rec.Flush(t.Context())).To(Succeed())
		g.Expect(time.Since(start)).To(Equal(3*time.Second), "they wait at the same time")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = rec.Send(ctx, packet("c"))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))

		rec.Delay(0)
		start = time.Now()
		rec.SendAsync(t.Context(), packet("d"), nil)
		g.Expect(rec.Flush(t.Context())).To(Succeed())
		g.Expect(time.Since(start)).To(BeZero())
	})
}

func TestRecorderKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		var mu sync.Mutex
		var told []string
		send := func(id string) {
			rec.SendAsync(t.Context(), packet(id), func(*transport.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, id)
			})
		}
		rec.Hold()
		for i := range 9 {
			if i == 3 {
				rec.Delay(time.Second)
			}
			if i == 6 {
				rec.Delay(0)
				rec.Release()
			}
			send(fmt.Sprint(i))
		}
		g.Expect(rec.Flush(t.Context())).To(Succeed())
		g.Expect(strings.Join(told, "")).To(Equal("012345678"))
		send("9")
		g.Expect(told).To(HaveLen(10), "a callback runs at once if none waits before it")
	})
}

func TestRecorderCutsDelaysShortAtClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		rec.Delay(time.Hour)
		told := make(chan error, 1)
		hang := make(chan struct{})
		rec.SendAsync(t.Context(), packet("hangs"), func(*transport.Response, error) { <-hang })
		rec.SendAsync(t.Context(), packet("a"), func(_ *transport.Response, err error) { told <- err })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(rec.Close(ctx), &undelivered)).To(BeTrue())
		g.Expect(*undelivered).To(Equal(transport.UndeliveredError{Abandoned: 1, Stuck: 1, Err: context.DeadlineExceeded}))
		g.Expect(<-told).To(MatchError(transport.ErrClosed))
		close(hang)
	})
}
