package seglog_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// peekAll returns the bodies in a directory, with "held " before those whose
// lane a log holds.
func peekAll(t testing.TB, fsys seglog.FS) (bodies []string) {
	t.Helper()
	err := seglog.Peek(fsys, dir, func(_ string, f seglog.Frame) bool {
		held := ""
		if f.Held {
			held = "held "
		}
		bodies = append(bodies, held+string(f.Body))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

func drop(fsys seglog.FS, bodies ...string) (dropped, held int, err error) {
	return seglog.Drop(fsys, dir, 9, func(_ string, f seglog.Frame) bool {
		for _, body := range bodies {
			if string(f.Body) == body {
				return true
			}
		}
		return len(bodies) == 0
	})
}

func TestPeekTellsWhatALogHolds(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{})
	add(t, a, "a")
	add(t, b, "b")
	g.Expect(peekAll(t, m)).To(Equal([]string{"held a", "held b"}))
	closeLog(t, b)
	g.Expect(peekAll(t, m)).To(Equal([]string{"held a", "b"}))
}

// A log that delivers removes a segment, and then its records.
func TestPeekDoesNotReadASegmentWithoutItsRecords(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 1})
	add(t, l, "first", "second")
	m.setFault(func(op, name string, n int) (int, error) {
		if op == "open" && strings.HasSuffix(name, ".ack") {
			m.setFault(nil)
			_ = m.Remove(m.files(".seg")[0])
		}
		return n, nil
	})
	g.Expect(peekAll(t, m)).To(Equal([]string{"held second"}))
}

func TestDrop(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{SegmentBytes: 200}), open(t, m, seglog.Config{})
	add(t, a, numbered(8)...)
	add(t, b, "body 001", "b")
	closeLog(t, a)

	dropped, held, err := drop(m, "body 001", "body 002", "nowhere")
	g.Expect([]any{dropped, held, err}).To(Equal([]any{2, 1, nil}))
	rest := append([]string{"body 000"}, numbered(8)[3:]...)
	g.Expect(peekAll(t, m)).To(Equal(append(rest, "held body 001", "held b")))
	g.Expect(drain(t, open(t, m, seglog.Config{}))).To(Equal(rest), "the next log does not get what was dropped")
}

func TestDropLeavesNoFiles(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 200})
	l.Ack(add(t, l, numbered(8)...)[3], 1)
	closeLog(t, l)
	dropped, held, err := drop(m)
	g.Expect([]any{dropped, held, err}).To(Equal([]any{7, 0, nil}))
	g.Expect(m.files("")).To(HaveExactElements(HaveSuffix("/lane-0001/lock")), "no lane was made")

	dropped, _, err = drop(m)
	g.Expect([]any{dropped, err}).To(Equal([]any{0, nil}))
	_, _, err = seglog.Drop(m, "/nowhere", 9, nil)
	g.Expect(err).To(MatchError(fs.ErrNotExist))
}

func TestDropKeepsDamageInCorrupt(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	add(t, l, "first", "second", "third")
	closeLog(t, l)
	name := m.files(".seg")[0]
	m.put(name, []byte(strings.Replace(string(m.get(name)), "second", "sEcond", 1)))
	dropped, _, err := drop(m)
	g.Expect([]any{dropped, err}).To(Equal([]any{2, nil}))
	g.Expect(m.files(".seg")).To(BeEmpty())
	var copies []string
	for _, name := range m.files("") {
		if strings.Contains(name, "/corrupt/") {
			copies = append(copies, string(m.get(name)))
		}
	}
	g.Expect(copies).To(HaveExactElements(ContainSubstring("sEcond")))
}

func TestDropReturnsTheErrorOfTheDisk(t *testing.T) {
	for name, op := range map[string]string{"records": "write", "reading": "read"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			m := newMemFS()
			l := open(t, m, seglog.Config{})
			add(t, l, "first", "second")
			closeLog(t, l)
			m.failing(op, "", syscall.EIO)
			dropped, _, err := drop(m, "first")
			g.Expect(err).To(HaveOccurred())
			g.Expect(dropped).To(BeZero())
			m.setFault(nil)
			g.Expect(peekAll(t, m)).To(Equal([]string{"first", "second"}))
			dropped, _, err = drop(m, "first")
			g.Expect([]any{dropped, err}).To(Equal([]any{1, nil}), "the lane is free")
		})
	}
}

func TestLockedKeepsNobodyFromLocking(t *testing.T) {
	g := NewWithT(t)
	name := filepath.Join(t.TempDir(), "lock")
	g.Expect(seglog.OS.Locked(name)).To(BeFalse())
	_, err := os.Stat(name)
	g.Expect(errors.Is(err, fs.ErrNotExist)).To(BeTrue(), "it makes no file")

	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = seglog.OS.Locked(name)
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	for range 500 {
		lock, err := seglog.OS.Lock(name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(seglog.OS.Locked(name)).To(BeTrue())
		_, err = seglog.OS.Lock(name)
		g.Expect(err).To(MatchError(seglog.ErrLocked))
		g.Expect(lock.Close()).To(Succeed())
	}
}
