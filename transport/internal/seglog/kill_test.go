package seglog_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// snapshot is a file system at a moment, and what was known around it.
type snapshot struct {
	fs       *memFS
	accepted map[string]bool // before
	acked    map[string]bool // after; an acknowledged frame may be there or not
}

// witness takes snapshots of a file system in use.
type witness struct {
	mu              sync.Mutex
	accepted, acked map[string]bool
	all             []snapshot
}

func (w *witness) note(set map[string]bool, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	set[body] = true
}

func (w *witness) take(m *memFS) {
	w.mu.Lock()
	before := maps.Clone(w.accepted)
	w.mu.Unlock()
	s := m.clone()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, snapshot{s, before, maps.Clone(w.acked)})
}

// TestAKillAtAnyMomentLosesNothing opens what a process leaves that is killed
// before any operation on its files.
func TestAKillAtAnyMomentLosesNothing(t *testing.T) {
	g := NewWithT(t)
	for seed := range 10 {
		m := newMemFS()
		w := &witness{accepted: map[string]bool{}, acked: map[string]bool{}}
		var mu sync.Mutex
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		dice := func(n int) int { mu.Lock(); defer mu.Unlock(); return r.IntN(n) }
		l := open(t, m, seglog.Config{SegmentBytes: 300})
		m.setFault(func(op, _ string, n int) (int, error) {
			if dice(10) == 0 {
				w.take(m)
			}
			if op != "open" && op != "read" && dice(40) == 0 {
				return dice(n + 1), errDisk
			}
			return n, nil
		})
		var wg, readers sync.WaitGroup
		for a := range 2 {
			wg.Go(func() {
				for i := range 40 {
					body := fmt.Sprintf("%d.%d", a, i)
					if _, err := l.Append(context.Background(), time.Time{}, []byte("meta "+body), []byte(body)); err == nil {
						w.note(w.accepted, body)
					}
				}
			})
		}
		ctx, stop := context.WithCancel(t.Context())
		readers.Go(func() {
			for ctx.Err() == nil {
				f, err := l.Next(ctx)
				switch {
				case err != nil:
				case dice(3) == 0:
					l.Attempt(f.Pos)
					l.Release(f.Pos)
				case dice(2) == 0:
					w.note(w.acked, string(f.Body))
					l.Ack(f.Pos, 1)
				}
			}
		})
		wg.Wait()
		stop()
		readers.Wait()
		m.setFault(nil)
		w.take(m)
		closeLog(t, l)
		w.take(m)
		for _, s := range w.all {
			l := open(t, s.fs, seglog.Config{})
			found := map[string]bool{}
			for _, body := range drain(t, l) {
				g.Expect(found[body]).To(BeFalse(), "%s twice", body)
				found[body] = true
			}
			for body := range s.accepted {
				g.Expect(found[body] || s.acked[body]).To(BeTrue(), "%s is lost", body)
			}
			g.Expect(l.Stats().Lost).To(BeZero())
			closeLog(t, l)
		}
	}
}
