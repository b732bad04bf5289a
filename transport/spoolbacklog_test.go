package transport_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// A process ends and leaves packets; another one runs meanwhile.
func TestARunningProcessDeliversWhatAnotherOneLeft(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, running *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(running, o, "own")
			s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
				mailAll(tr, o, "a", "b", "c")
				g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring("3 left in the spool")))
			})
			synctest.Wait()
			g.Expect(f.ids()).To(Equal("own"))
			time.Sleep(time.Minute)
			synctest.Wait()
			g.Expect(strings.Fields(f.ids())).To(ConsistOf("own", "a", "b", "c"))
			g.Expect(running.SpoolState().Recovered).To(Equal(3))
		})
	})
}

// parcel is a packet of 2 kB.
func parcel(i int) *transport.Packet {
	p := mail(fmt.Sprintf("%032x", i))
	p.Body = append(p.Body, strings.Repeat("x", 2000)...)
	return p
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one moves what pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

const backlogged = 100_000

// TestPacketsOnDiskTakeLittleMemory compares the heap before and after 100,000
// packets of 2 kB wait.
func TestPacketsOnDiskTakeLittleMemory(t *testing.T) {
	s := newSpool(t)
	cfg := transport.ThreadedConfig{Spool: transport.SpoolConfig{Bytes: 1 << 30}}
	transport.SpoolPatiently(&cfg.Spool)
	perPacket := func(before uint64) int { return int(heap()-before) / backlogged }
	s.run(cfg, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, _ *outcomes) {
		before := heap()
		for i := range backlogged {
			tr.SendAsync(context.Background(), parcel(i), nil)
		}
		own := perPacket(before)
		t.Logf("%d bytes of memory for each packet of this process", own)
		g.Expect(tr.SpoolState().Waiting).To(BeNumerically(">", backlogged*9/10))
		g.Expect(own).To(BeNumerically("<", 600))
		g.Expect(tr.SpoolState().Bytes).To(BeNumerically(">", backlogged*2000))
	})
	before := heap()
	s.run(cfg, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, _ *outcomes) {
		g.Eventually(func() int { return tr.SpoolState().Waiting }).WithTimeout(time.Minute).Should(BeNumerically(">", backlogged*9/10))
		earlier := perPacket(before)
		t.Logf("%d bytes of memory for each packet of an earlier process", earlier)
		g.Expect(earlier).To(BeNumerically("<", 200))
	})
}

// counting is the machine's file system. It counts how often segments are read,
// and lets that wait until it is told to go on.
type counting struct {
	seglog.FS
	reads atomic.Int64
	gate  chan struct{} // closed to go on
}

func (c *counting) OpenFile(name string, flag int) (seglog.File, error) {
	f, err := c.FS.OpenFile(name, flag)
	if err != nil || filepath.Ext(name) != ".seg" {
		return f, err
	}
	return gatedFile{f, c}, nil
}

type gatedFile struct {
	seglog.File
	fs *counting
}

func (g gatedFile) ReadAt(p []byte, off int64) (int, error) {
	<-g.fs.gate
	g.fs.reads.Add(1)
	return g.File.ReadAt(p, off)
}

// TestNewAndCapturesDoNotWaitForABacklog opens a spool on a disk that returns
// nothing.
func TestNewAndCapturesDoNotWaitForABacklog(t *testing.T) {
	s := newSpool(t)
	ids := names("e", 200)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, ids...)
		})
		disk := &counting{FS: seglog.OS, gate: make(chan struct{})}
		cfg := transport.ThreadedConfig{Workers: 1}
		transport.SpoolOn(&cfg.Spool, disk)
		begun := time.Now()
		s.run(cfg, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, "new")
			g.Expect(time.Since(begun)).To(BeZero())
			g.Expect(disk.reads.Load()).To(BeZero())
			g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 0), HaveField("Bytes", BeNumerically(">", 0))))
			synctest.Wait()
			g.Expect(f.ids()).To(BeEmpty(), "older packets go first")
			close(disk.gate)
			synctest.Wait()
			g.Expect(f.ids()).To(Equal(strings.Join(ids, " ") + " new"))
		})
	})
}

// TestAClockThatWasSetCostsNothing moves the clock between processes: for the
// second one, the files are a day old, or from tomorrow.
func TestAClockThatWasSetCostsNothing(t *testing.T) {
	for name, jump := range map[string]time.Duration{"ahead": 24 * time.Hour, "back": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := newSpool(t)
			ids := names("e", 100) // four files, and one packet in memory
			cfg := transport.ThreadedConfig{QueueSize: 1, Spool: transport.SpoolConfig{Age: time.Hour, Bytes: 100_000}}
			at := func(offset time.Duration, answer func(int, *transport.Packet) error, fn func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes)) {
				synctest.Test(t, func(t *testing.T) { // each bubble begins at the same time
					time.Sleep(offset)
					s.run(cfg, answer, fn)
				})
			}
			at(24*time.Hour, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
				mailAll(tr, o, ids...)
			})
			server := newSwitched()
			at(24*time.Hour+jump, server.answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
				mailAll(tr, o, "new")
				time.Sleep(50 * time.Minute)
				g.Expect(tr.SpoolState().Lost).To(BeZero(), "an hour has not passed")
				server.down.Store(false)
				g.Expect(tr.Flush(context.Background())).To(Succeed())
				synctest.Wait()
				g.Expect(o.get("new")).To(Equal([]error{nil}))
				g.Expect(tr.SpoolState().Recovered).To(Equal(100))
			})
		})
	}
}

func BenchmarkNewSpool(b *testing.B) {
	for _, n := range []int{0, backlogged} {
		b.Run(fmt.Sprintf("%d packets wait", n), func(b *testing.B) {
			dir := b.TempDir()
			dsn, err := transport.ParseDSN(spoolDSN)
			if err != nil {
				b.Fatal(err)
			}
			cfg := transport.SpoolConfig{Dir: dir, Bytes: 1 << 30}
			away := &faraway{answer: always(refusedConnection)}
			fill, err := transport.NewSpool(away, dsn, cfg)
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				fill.SendAsync(b.Context(), parcel(i), nil)
			}
			_ = fill.Close(b.Context()) // leaves them
			for b.Loop() {
				tr, err := transport.NewSpool(away, dsn, cfg)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				_ = tr.Close(b.Context())
				b.StartTimer()
			}
		})
	}
}
