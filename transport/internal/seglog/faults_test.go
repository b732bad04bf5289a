package seglog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

var errDisk = errors.New("input/output error")

// once fails the first operation of a kind on names with a suffix. A write
// writes some bytes before.
func once(m *memFS, op, suffix string, wrote int, err error) {
	var mu sync.Mutex
	failed := false
	m.setFault(func(o, name string, n int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if o == op && strings.HasSuffix(name, suffix) && !failed {
			failed = true
			return min(wrote, n), err
		}
		return n, nil
	})
}

// losses collects what Config.Lost is told.
type losses struct {
	mu  sync.Mutex
	all []seglog.Loss
}

func (l *losses) add(loss seglog.Loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, loss)
}

func (l *losses) get() []seglog.Loss {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func (l *losses) frames(reason seglog.Reason) (n int) {
	for _, loss := range l.get() {
		if loss.Reason == reason {
			n += loss.Frames
		}
	}
	return n
}

func TestAFailedWriteIsCutAndReported(t *testing.T) {
	for _, err := range []error{errDisk, enospc, nil} {
		for _, wrote := range []int{0, 1, 31, 32, 40} {
			t.Run(fmt.Sprint(err, wrote), func(t *testing.T) {
				g := NewWithT(t)
				m := newMemFS()
				l := open(t, m, seglog.Config{})
				add(t, l, "before")
				once(m, "write", ".seg", wrote, err)
				_, got := l.Append(t.Context(), time.Time{}, nil, []byte("failed failed failed"))
				var failed *seglog.WriteError
				g.Expect(errors.As(got, &failed)).To(BeTrue())
				g.Expect(failed.Op).To(Equal("write"))
				g.Expect(l.Stats().Err).To(HaveOccurred())
				add(t, l, "after")
				g.Expect(l.Stats()).To(And(HaveField("Err", BeNil()), HaveField("Unsaved", 1)))
				closeLog(t, l)
				l = open(t, m, seglog.Config{})
				g.Expect(drain(t, l)).To(Equal([]string{"before", "after"}))
				g.Expect(l.Stats()).To(And(HaveField("Torn", 0), HaveField("Lost", 0)))
			})
		}
	}
}

func TestWhatCannotBeCutIsWithdrawn(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{Sync: true})
	add(t, l, "before")
	m.setFault(func(op, name string, n int) (int, error) {
		if op == "sync" || op == "truncate" {
			return 0, errDisk
		}
		return n, nil
	})
	_, err := l.Append(t.Context(), time.Time{}, []byte("meta failed"), []byte("failed"))
	g.Expect(err).To(MatchError(errDisk))
	m.setFault(nil)
	closeLog(t, l)
	g.Expect(string(m.get(m.files(".seg")[0]))).To(ContainSubstring("failed"))
	l = open(t, m, seglog.Config{})
	g.Expect(drain(t, l)).To(Equal([]string{"before"}))
}

func TestWholeFramesOfAShortWriteStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{})
		// The first write waits, so that the others become one batch.
		release := make(chan struct{})
		writes := 0
		m.setFault(func(op, _ string, n int) (int, error) {
			if op != "write" {
				return n, nil
			}
			if writes++; writes == 1 {
				<-release
			}
			if writes == 2 {
				return 100, enospc
			}
			return n, nil
		})
		results := make(chan error, 4)
		for range 4 {
			go func() {
				_, err := l.Append(context.Background(), time.Time{}, []byte("meta 12345678"), []byte("12345678"))
				results <- err
			}()
			synctest.Wait()
		}
		close(release)
		var errs []error
		for range 4 {
			if err := <-results; err != nil {
				errs = append(errs, err)
			}
		}
		g.Expect(errs).To(HaveLen(2), "frames of 53 bytes: one in the first write, one in 100 bytes of the second")
		g.Expect(drain(t, l)).To(HaveLen(2))
		closeLog(t, l)
		l = open(t, m, seglog.Config{})
		g.Expect(drain(t, l)).To(HaveLen(2))
		g.Expect(l.Stats().Torn).To(BeZero())
	})
}

func TestAFullDiskCostsTheOldestSegment(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var lost losses
	l := open(t, m, seglog.Config{SegmentBytes: 200, EvictWhenFull: true, Lost: lost.add})
	bodies := numbered(20)
	positions := add(t, l, bodies...)
	first := m.files(".seg")[0]
	once(m, "write", ".seg", 10, enospc)
	add(t, l, "fits now")
	g.Expect(lost.get()).To(HaveLen(1))
	loss := lost.get()[0]
	g.Expect(loss.Reason).To(Equal(seglog.DiskFull))
	g.Expect(loss.Frames).To(Equal(3))
	for i, f := range loss.Known {
		g.Expect(f.Pos).To(Equal(positions[i]))
		g.Expect(string(f.Meta)).To(Equal("meta " + bodies[i]))
	}
	g.Expect(drain(t, l)).To(Equal(append(bodies[3:], "fits now")))
	g.Expect(m.files(".seg")).NotTo(ContainElement(first))
}

func TestADiskThatStaysFullCostsOneSegment(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var lost losses
	l := open(t, m, seglog.Config{SegmentBytes: 200, EvictWhenFull: true, Lost: lost.add})
	add(t, l, numbered(20)...)
	m.failing("write", ".seg", enospc)
	for range 5 {
		_, err := l.Append(t.Context(), time.Time{}, nil, nil)
		g.Expect(err).To(MatchError(enospc))
	}
	g.Expect(lost.get()).To(HaveLen(1))
	m.setFault(nil)
	add(t, l, "fits")
	m.failing("write", ".seg", enospc)
	_, err := l.Append(t.Context(), time.Time{}, nil, nil)
	g.Expect(err).To(MatchError(enospc))
	g.Expect(lost.get()).To(HaveLen(2), "there was room in between")
	m.setFault(nil)
	add(t, l, "fits again")
	m.failing("write", ".seg", errDisk)
	_, err = l.Append(t.Context(), time.Time{}, nil, nil)
	g.Expect(err).To(MatchError(errDisk))
	g.Expect(lost.get()).To(HaveLen(2), "eviction does not help a broken disk")
}

func TestAfterAFailedSyncTheFileIsLeft(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{Sync: true})
	add(t, l, "before")
	once(m, "sync", ".seg", 0, errDisk)
	add(t, l, "again")
	g.Expect(m.files(".seg")).To(HaveLen(2), "it is written to another file")
	for range 20 {
		after := m.powerLoss(rand.New(rand.NewPCG(1, 2)))
		l := open(t, after, seglog.Config{})
		g.Expect(drain(t, l)).To(Equal([]string{"before", "again"}))
		closeLog(t, l)
	}
	m.failing("sync", ".seg", errDisk)
	_, err := l.Append(t.Context(), time.Time{}, nil, []byte("never"))
	var failed *seglog.WriteError
	g.Expect(errors.As(err, &failed)).To(BeTrue())
	g.Expect(failed.Op).To(Equal("sync"))
	m.setFault(nil)
	g.Expect(drain(t, l)).To(Equal([]string{"before", "again"}))
}

func TestWithSyncNothingIsLostWithThePower(t *testing.T) {
	g := NewWithT(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		m := newMemFS()
		l := open(t, m, seglog.Config{Sync: true, SegmentBytes: 300})
		var accepted []string
		faulty := rand.New(rand.NewPCG(r.Uint64(), 0))
		var mu sync.Mutex
		m.setFault(func(op, _ string, n int) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if op != "read" && op != "lock" && op != "remove" && faulty.IntN(12) == 0 {
				return faulty.IntN(n + 1), errDisk
			}
			return n, nil
		})
		for _, body := range numbered(r.IntN(40)) {
			if _, err := l.Append(t.Context(), time.Time{}, []byte("meta "+body), []byte(body)); err == nil {
				accepted = append(accepted, body)
			}
		}
		m.setFault(nil)
		again := open(t, m.powerLoss(r), seglog.Config{})
		found := drain(t, again)
		for _, body := range accepted {
			g.Expect(found).To(ContainElement(body))
		}
		g.Expect(slices.IsSorted(found)).To(BeTrue())
		closeLog(t, l)
		closeLog(t, again)
	}
}

func TestASegmentThatCannotBeMade(t *testing.T) {
	for _, op := range []string{"create", "syncdir"} {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{Sync: true})
		m.failing(op, "", fs.ErrPermission)
		_, err := l.Append(t.Context(), time.Time{}, nil, nil)
		var failed *seglog.WriteError
		g.Expect(errors.As(err, &failed)).To(BeTrue())
		g.Expect(failed.Op).To(Equal("create"))
		g.Expect(err).To(MatchError(fs.ErrPermission))
		g.Expect(m.files(".seg")).To(BeEmpty())
		m.setFault(nil)
		add(t, l, "after")
		g.Expect(drain(t, l)).To(Equal([]string{"after"}))
	}
}

func TestADirectoryThatVanishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		var lost losses
		l := open(t, m, seglog.Config{Lost: lost.add})
		all := add(t, l, "a", "b")
		m.removeAll(dir)
		time.Sleep(time.Minute)
		synctest.Wait()
		add(t, l, "new")
		again := open(t, m, seglog.Config{})
		g.Expect(add(t, again, "c")[0].String()).To(HavePrefix("lane-0002/"))
		g.Expect(drain(t, l)).To(Equal([]string{"new"}), "the other's frame is not this one's")
		g.Expect(lost.frames(seglog.Unreadable)).To(Equal(2))
		l.Ack(all[0], 1)
		closeLog(t, l)
		g.Expect(drain(t, again)).To(Equal([]string{"c"}))
	})
}

func TestARecordThatFailsIsWrittenLater(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	all := add(t, l, "a", "b", "c")
	m.failing("create", ".ack", errDisk)
	l.Ack(all[0], 1)
	add(t, l, "d")
	m.failing("write", ".ack", errDisk)
	l.Ack(all[1], 1)
	add(t, l, "e")
	m.setFault(nil)
	add(t, l, "f")
	g.Expect(l.Stats().Unsaved).To(BeZero())
	m.killed()
	again := open(t, m, seglog.Config{})
	g.Expect(drain(t, again)).To(Equal([]string{"c", "d", "e", "f"}))
}

func TestATornRecordIsOverwritten(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	all := add(t, l, "a", "b", "c")
	l.Ack(all[0], 1)
	closeLog(t, l)
	name := m.files(".ack")[0]
	m.put(name, append(m.get(name), "torn"...))
	l = open(t, m, seglog.Config{})
	scanned(t, l)
	f, err := l.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	l.Ack(f.Pos, 1)
	closeLog(t, l)
	g.Expect(m.get(name)).To(HaveLen(24))
	l = open(t, m, seglog.Config{})
	g.Expect(drain(t, l)).To(Equal([]string{"c"}))
}

func TestASegmentThatCannotBeRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		var lost losses
		l := open(t, m, seglog.Config{MaxBytes: 1600, Lost: lost.add})
		all := add(t, l, numbered(8)...)
		first := m.files(".seg")[0]
		m.failing("remove", first, errDisk)
		for _, pos := range all[:4] {
			l.Ack(pos, 1)
		}
		add(t, l, numbered(60)...)
		g.Expect(lost.frames(seglog.Overflow)).To(BeNumerically(">", 30), "later ones are removed in its place")
		g.Expect(m.files(".seg")).To(ContainElement(first))
		m.setFault(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(m.files(".seg")).NotTo(ContainElement(first))
	})
}

func TestWhatIsEvictedDoesNotComeBack(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var lost losses
	l := open(t, m, seglog.Config{MaxBytes: 1600, Lost: lost.add})
	m.failing("remove", ".seg", errDisk)
	for i := 0; len(lost.get()) == 0; i++ {
		_, _ = l.Append(t.Context(), time.Time{}, []byte("meta"), []byte("body"))
		g.Expect(i).To(BeNumerically("<", 100))
	}
	left := l.Stats().Waiting
	closeLog(t, l)
	l = open(t, m, seglog.Config{})
	scanned(t, l)
	g.Expect(l.Stats().Waiting).To(Equal(left))
	m.setFault(nil)
}

func TestASegmentThatCannotBeScannedIsReadLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{})
		l.Attempt(add(t, l, "a")[0])
		closeLog(t, l)
		for _, fault := range []struct{ op, suffix string }{{"open", ".seg"}, {"read", ".seg"}, {"open", ".ack"}, {"read", ".ack"}} {
			m.failing(fault.op, fault.suffix, errDisk)
			l = open(t, m, seglog.Config{})
			synctest.Wait()
			g.Expect(l.Stats()).To(And(HaveField("Unscanned", 0), HaveField("Unread", 1)), "%v", fault)
			add(t, l, "b")
			m.setFault(nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			f, err := l.Next(ended)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(f.Body)).To(Equal("a"))
			f, err = l.Next(ended)
			g.Expect(err).NotTo(HaveOccurred())
			l.Ack(f.Pos, 1)
			closeLog(t, l)
		}
	})
}

func TestADiskThatDoesNotReturnAFrame(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var lost losses
	l := open(t, m, seglog.Config{Lost: lost.add})
	a := add(t, l, "a")[0]
	m.failing("open", ".seg", errDisk)
	for range 2 {
		_, err := l.Next(ended)
		g.Expect(err).To(MatchError(errDisk))
	}
	m.setFault(nil)
	g.Expect(drain(t, l)).To(Equal([]string{"a"}), "two failures are no loss")
	add(t, l, "b")
	m.failing("read", ".seg", errDisk)
	for range 2 {
		_, err := l.Next(ended)
		g.Expect(err).To(MatchError(errDisk))
	}
	_, err := l.Next(ended)
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(lost.frames(seglog.Unreadable)).To(Equal(1))
	m.setFault(nil)
	l.Ack(a, 1)
	closeLog(t, l)
	l = open(t, m, seglog.Config{})
	g.Expect(drain(t, l)).To(Equal([]string{"b"}), "the next process tries again")
}

func TestAStalledDiskStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{Wait: 100 * time.Millisecond})
		add(t, l, "before")
		release := make(chan struct{})
		m.setFault(func(op, _ string, n int) (int, error) {
			if op == "write" {
				<-release
			}
			return n, nil
		})
		start := time.Now()
		_, err := l.Append(t.Context(), time.Time{}, []byte("meta 1"), []byte("1"))
		g.Expect(err).To(MatchError(seglog.ErrStalled))
		g.Expect(time.Since(start)).To(Equal(100 * time.Millisecond))
		time.Sleep(time.Millisecond)
		start = time.Now()
		_, err = l.Append(t.Context(), time.Time{}, []byte("meta 2"), []byte("2"))
		g.Expect(err).To(MatchError(seglog.ErrStalled))
		g.Expect(time.Since(start)).To(Equal(100*time.Millisecond), "it may take a little longer only")
		time.Sleep(900 * time.Millisecond)
		start = time.Now()
		_, err = l.Append(t.Context(), time.Time{}, []byte("meta 3"), []byte("3"))
		g.Expect(err).To(MatchError(seglog.ErrStalled))
		g.Expect(time.Since(start)).To(BeZero(), "a disk that stands still")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g.Expect(l.Close(ctx)).To(MatchError(context.DeadlineExceeded))
		close(release)
		closeLog(t, l)
		m.setFault(nil)
		l = open(t, m, seglog.Config{})
		g.Expect(drain(t, l)).To(Equal([]string{"before"}), "what was refused is not delivered later")
	})
}

func TestAnAppendEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{})
		release := make(chan struct{})
		m.setFault(func(op, _ string, n int) (int, error) {
			if op == "write" {
				<-release
			}
			return n, nil
		})
		results := make(chan error)
		for i := range 3 { // one is being written, the others wait
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("my cause"))
			defer cancel()
			go func() {
				_, err := l.Append(ctx, time.Time{}, nil, []byte{byte(i)})
				results <- err
			}()
			synctest.Wait()
		}
		for range 3 {
			g.Expect(<-results).To(MatchError("my cause"))
		}
		close(release)
		synctest.Wait()
		g.Expect(drain(t, l)).To(BeEmpty())
		g.Expect(l.Stats().Unsaved).To(Equal(3))
	})
}

func TestADirectoryThatWasRemovedIsMadeAgain(t *testing.T) {
	g := NewWithT(t)
	parent := t.TempDir()
	dir := filepath.Join(parent, "spool")
	l, err := seglog.Open(dir, seglog.Config{SegmentBytes: 200, Wait: time.Minute})
	g.Expect(err).NotTo(HaveOccurred())
	defer closeLog(t, l)
	add(t, l, numbered(2)...)
	g.Expect(os.RemoveAll(dir)).To(Succeed())
	for _, body := range numbered(20) {
		// Those that still fit into the removed file are lost with it.
		_, _ = l.Append(t.Context(), time.Time{}, []byte("meta "+body), []byte(body))
	}
	g.Expect(drain(t, l)).To(ContainElements("body 010", "body 019"))
	g.Expect(l.Stats().Err).NotTo(HaveOccurred())
	g.Expect(filepath.Glob(filepath.Join(dir, "lane-*", "*.seg"))).NotTo(BeEmpty())
}

func TestAppendDoesNotKeepWhatItWasGiven(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{Wait: time.Millisecond})
	body := bytes.Repeat([]byte("x"), 1<<20)
	for range 200 { // the race detector sees a log that reads it later
		_, err := l.Append(t.Context(), time.Time{}, nil, body)
		clear(body)
		if err != nil {
			g.Expect(err).To(MatchError(seglog.ErrStalled))
		}
	}
}
