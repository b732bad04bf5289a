package seglog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

func TestMaxBytesCostsTheOldestSegments(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var lost losses
	l := open(t, m, seglog.Config{MaxBytes: 8000, Lost: lost.add})
	bodies := numbered(300) // of 53 bytes each
	for _, body := range bodies {
		add(t, l, body)
		g.Expect(l.Stats().Bytes).To(BeNumerically("<=", 8000))
	}
	g.Expect(l.Stats().Bytes).To(BeNumerically(">", 6900), "no more is removed than needed")
	rest := drain(t, l)
	n := lost.frames(seglog.Overflow)
	g.Expect(rest).To(Equal(bodies[n:]))
	i := 0
	for _, loss := range lost.get() {
		for _, f := range loss.Known {
			g.Expect(string(f.Meta)).To(Equal(fmt.Sprintf("meta body %03d", i)))
			i++
		}
	}
	g.Expect(i).To(Equal(n), "each frame is reported")
	g.Expect(l.Stats().Lost).To(Equal(n))
}

func TestASegmentInUseStays(t *testing.T) {
	g := NewWithT(t)
	var lost losses
	l := open(t, newMemFS(), seglog.Config{MaxBytes: 4000, Lost: lost.add})
	add(t, l, numbered(5)...)
	first, err := l.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	add(t, l, numbered(200)...)
	again, err := l.Read(first.Pos)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(first))
	g.Expect(lost.get()[0].Known[0].Meta).NotTo(Equal(first.Meta))
}

func TestALogInUseIsFull(t *testing.T) {
	g := NewWithT(t)
	l := open(t, newMemFS(), seglog.Config{MaxBytes: 1000})
	var all []seglog.Pos
	for {
		pos, err := l.Hold(t.Context(), time.Time{}, nil, []byte("held"))
		if err != nil {
			g.Expect(err).To(MatchError(seglog.ErrFull))
			break
		}
		all = append(all, pos)
	}
	g.Expect(all).To(HaveLen(1000 / 36))
	l.Release(all[0])
	l.Release(all[1])
	l.Release(all[2])
	add(t, l, "x")
	g.Expect(l.Ack(all[0], 1)).To(BeFalse(), "it was evicted")
}

func TestALargeBacklogIsAdoptedWhenThereIsRoom(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{MaxBytes: 10000})
	add(t, a, numbered(150)...)
	add(t, b, numbered(150)...)
	closeLog(t, a)
	g.Expect(b.Adopt()).To(BeZero(), "it would cost half of it")
	for range 140 {
		f, err := b.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		b.Ack(f.Pos, 1)
	}
	g.Eventually(b.Adopt, "5s", "1ms").Should(Equal(1))
	g.Expect(b.Stats().Lost).To(BeZero())
	g.Expect(drain(t, b)).To(HaveLen(160))
}

func TestAnIdleLogAdoptsAnyBacklog(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{MaxBytes: 4000})
	add(t, a, numbered(150)...)
	add(t, b, "small")
	closeLog(t, a)
	g.Expect(b.Adopt()).To(Equal(1))
	g.Expect(drain(t, b)).To(HaveLen(151))
}

func TestTwoLargeFramesDoNotFit(t *testing.T) {
	g := NewWithT(t)
	var lost losses
	l := open(t, newMemFS(), seglog.Config{MaxBytes: 1000, Lost: lost.add})
	large := strings.Repeat("x", 500)
	add(t, l, "a"+large[:300], "b"+large[:300])
	add(t, l, "c"+large[:300])
	g.Expect(drain(t, l)).To(Equal([]string{"c" + large[:300]}))
	g.Expect(lost.frames(seglog.Overflow)).To(Equal(2))
}

func TestSegmentsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{SegmentBytes: 300})
		release := make(chan struct{})
		m.setFault(func(op, _ string, n int) (int, error) {
			if op == "write" {
				<-release
			}
			return n, nil
		})
		for range 50 { // all but the first are one batch
			go func() { _, _ = l.Append(context.Background(), time.Time{}, nil, make([]byte, 50)) }()
		}
		synctest.Wait()
		close(release)
		synctest.Wait()
		g.Expect(l.Stats().Waiting).To(Equal(50))
		names := m.files(".seg")
		g.Expect(names).To(HaveLen(17))
		for _, name := range names {
			g.Expect(len(m.get(name))).To(BeNumerically("<=", 300))
		}
	})
}

func TestABacklogAboveTheBoundIsCut(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 500})
	bodies := numbered(100)
	add(t, l, bodies...)
	closeLog(t, l)
	var lost losses
	l = open(t, m, seglog.Config{MaxBytes: 2000, Lost: lost.add})
	scanned(t, l)
	add(t, l, "new")
	g.Expect(l.Stats().Bytes).To(BeNumerically("<=", 2000))
	g.Expect(drain(t, l)).To(Equal(append(bodies[lost.frames(seglog.Overflow):], "new")))
}

func TestABacklogThatIsNotReadYetStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		l := open(t, m, seglog.Config{})
		add(t, l, numbered(100)...)
		closeLog(t, l)
		m.failing("open", m.files(".seg")[0], errDisk)
		l = open(t, m, seglog.Config{MaxBytes: 2000})
		add(t, l, "new")
		m.setFault(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		add(t, l, "newer")
		g.Expect(drain(t, l)).To(Equal([]string{"new", "newer"}))
	})
}

// aged runs a test with a log that keeps frames an hour, in a bubble.
func aged(t *testing.T, f func(t *testing.T, g *WithT, m *memFS, l *seglog.Log, lost *losses)) {
	synctest.Test(t, func(t *testing.T) {
		m, lost := newMemFS(), &losses{}
		f(t, NewWithT(t), m, open(t, m, seglog.Config{MaxAge: time.Hour, Lost: lost.add}), lost)
	})
}

func TestOldFramesExpire(t *testing.T) {
	aged(t, func(t *testing.T, g *WithT, _ *memFS, l *seglog.Log, lost *losses) {
		add(t, l, "a", "b")
		held, err := l.Hold(t.Context(), time.Time{}, []byte("meta held"), []byte("held"))
		g.Expect(err).NotTo(HaveOccurred())
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		g.Expect(lost.get()).To(BeEmpty(), "a frame is handed out")
		l.Release(held)
		add(t, l, "young")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		g.Expect(lost.get()).To(HaveLen(1))
		g.Expect(lost.frames(seglog.Expired)).To(Equal(3))
		g.Expect(drain(t, l)).To(Equal([]string{"young"}))
	})
}

func TestFramesOfAnEarlierProcessExpire(t *testing.T) {
	aged(t, func(t *testing.T, g *WithT, m *memFS, l *seglog.Log, lost *losses) {
		add(t, l, "a")
		closeLog(t, l)
		time.Sleep(2 * time.Hour)
		open(t, m, seglog.Config{MaxAge: time.Hour, Lost: lost.add})
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		g.Expect(lost.get()).To(BeEmpty(), "there is an hour to set the clock")
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		g.Expect(lost.frames(seglog.Expired)).To(Equal(1))
	})
}

// A frame's time is that of the clock at its append, so a frame from a day
// later is the same as a clock that was set back a day.
func TestAClockThatJumpsCostsNothing(t *testing.T) {
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour, -20 * 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			aged(t, func(t *testing.T, g *WithT, m *memFS, l *seglog.Log, lost *losses) {
				_, err := l.Append(t.Context(), time.Now().Add(jump), []byte("meta a"), []byte("a"))
				g.Expect(err).NotTo(HaveOccurred())
				time.Sleep(59 * time.Minute)
				synctest.Wait()
				g.Expect(lost.get()).To(BeEmpty())
				if jump != -24*time.Hour { // a day old, and really so for all that is known
					closeLog(t, l)
					l = open(t, m, seglog.Config{MaxAge: time.Hour, Lost: lost.add})
					time.Sleep(2 * time.Hour)
					synctest.Wait()
					g.Expect(lost.get()).To(BeEmpty())
				}
				g.Expect(drain(t, l)).To(Equal([]string{"a"}))
				_, err = l.Next(ended)
				g.Expect(err).To(MatchError(context.Canceled))
			})
		})
	}
}
