package seglog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

const dir = "/spool"

// open opens a log, and closes it at the end of the test.
func open(t testing.TB, fsys seglog.FS, cfg seglog.Config) *seglog.Log {
	t.Helper()
	cfg.FS = fsys
	if cfg.Wait == 0 {
		cfg.Wait = time.Minute
	}
	l, err := seglog.Open(dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLog(t, l) })
	return l
}

func closeLog(t testing.TB, l *seglog.Log) {
	t.Helper()
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// add appends frames with the given bodies.
func add(t testing.TB, l *seglog.Log, bodies ...string) (all []seglog.Pos) {
	t.Helper()
	for _, body := range bodies {
		pos, err := l.Append(t.Context(), time.Time{}, []byte("meta "+body), []byte(body))
		if err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		all = append(all, pos)
	}
	return all
}

// ended is a context that has ended: Next does not wait with it.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// scanned waits until everything is read.
func scanned(t testing.TB, l *seglog.Log) {
	t.Helper()
	NewWithT(t).Eventually(func() int { return l.Stats().Unscanned }, "20s", "1ms").Should(BeZero())
}

// drain returns the bodies that wait, and fails if a meta is not that of its
// body.
func drain(t testing.TB, l *seglog.Log) (bodies []string) {
	t.Helper()
	scanned(t, l)
	for {
		f, err := l.Next(ended)
		if errors.Is(err, context.Canceled) {
			return bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := "meta " + string(f.Body); string(f.Meta) != want {
			t.Fatalf("meta %q, want %q", f.Meta, want)
		}
		bodies = append(bodies, string(f.Body))
	}
}

func numbered(n int) (bodies []string) {
	for i := range n {
		bodies = append(bodies, fmt.Sprintf("body %03d", i))
	}
	return bodies
}

func TestWhatIsAppendedIsReadInOrder(t *testing.T) {
	g := NewWithT(t)
	l := open(t, newMemFS(), seglog.Config{SegmentBytes: 300})
	bodies := append(numbered(50), "", strings.Repeat("large", 1000))
	add(t, l, bodies...)
	g.Expect(l.Stats().Segments).To(BeNumerically(">", 5))
	g.Expect(drain(t, l)).To(Equal(bodies))
}

func TestAFrameHasWhatAppendWasGiven(t *testing.T) {
	g := NewWithT(t)
	l := open(t, newMemFS(), seglog.Config{})
	at := time.Unix(1234567890, 987654321)
	pos, err := l.Append(t.Context(), at, []byte("m"), []byte("b"))
	g.Expect(err).NotTo(HaveOccurred())
	f, err := l.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(f).To(Equal(seglog.Frame{Pos: pos, Time: at, Meta: []byte("m"), Body: []byte("b")}))
	again, err := l.Read(pos)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(f))
	g.Expect(pos.String()).To(MatchRegexp(`^lane-0001/\d{13}/0$`))
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		l := open(t, newMemFS(), seglog.Config{})
		got := make(chan string, 1)
		go func() {
			f, _ := l.Next(context.Background())
			got <- string(f.Body)
		}()
		synctest.Wait()
		add(t, l, "late")
		g.Expect(<-got).To(Equal("late"))

		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("my cause"))
		_, err := l.Next(ctx)
		g.Expect(err).To(MatchError("my cause"))

		failed := make(chan error, 1)
		go func() {
			_, err := l.Next(context.Background())
			failed <- err
		}()
		synctest.Wait()
		closeLog(t, l)
		g.Expect(<-failed).To(MatchError(seglog.ErrClosed))
	})
}

func TestOnlyUnacknowledgedFramesAreReadAgain(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 300})
	bodies := numbered(20)
	all := add(t, l, bodies...)
	var rest []string
	for i, pos := range all {
		if i%3 == 0 {
			rest = append(rest, bodies[i])
			l.Attempt(pos)
			l.Attempt(pos)
			continue
		}
		g.Expect(l.Ack(pos, 1)).To(BeTrue())
		g.Expect(l.Ack(pos, 1)).To(BeFalse(), "the second time")
	}
	closeLog(t, l)

	l = open(t, m, seglog.Config{})
	scanned(t, l)
	g.Expect(l.Stats().Recovered).To(Equal(len(rest)))
	for _, body := range rest {
		f, err := l.Next(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(f.Body)).To(Equal(body))
		g.Expect(f.Attempts).To(Equal(2))
		g.Expect(f.Recovered).To(BeTrue())
		l.Ack(f.Pos, 1)
	}
	closeLog(t, l)
	g.Expect(m.files(".seg")).To(BeEmpty())
	g.Expect(m.files(".ack")).To(BeEmpty())
}

func TestAttemptsAreCountedUpTo255(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	pos := add(t, l, "a")[0]
	for range 300 {
		l.Attempt(pos)
	}
	f, err := l.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(f.Attempts).To(Equal(255))
	closeLog(t, l)
	g.Expect(m.get(m.files(".ack")[0])).To(HaveLen(255 * 12))
}

func TestHeldAndReleased(t *testing.T) {
	g := NewWithT(t)
	l := open(t, newMemFS(), seglog.Config{})
	held, err := l.Hold(t.Context(), time.Time{}, []byte("meta held"), []byte("held"))
	g.Expect(err).NotTo(HaveOccurred())
	add(t, l, "a", "b")
	g.Expect(l.Stats()).To(And(HaveField("Out", 1), HaveField("Waiting", 2)))
	g.Expect(drain(t, l)).To(Equal([]string{"a", "b"}))
	l.Release(held)
	l.Release(held)
	g.Expect(drain(t, l)).To(Equal([]string{"held"}))
	g.Expect(l.Stats()).To(And(HaveField("Out", 3), HaveField("Waiting", 0)))
	l.Ack(held, 1)
	l.Release(held)
	_, err = l.Read(held)
	g.Expect(err).To(MatchError(seglog.ErrGone))
	g.Expect(drain(t, l)).To(BeEmpty())
}

func TestPositionsThatAreNone(t *testing.T) {
	g := NewWithT(t)
	l := open(t, newMemFS(), seglog.Config{})
	g.Expect(l.Ack(seglog.Pos{}, 1)).To(BeFalse())
	l.Attempt(seglog.Pos{})
	l.Release(seglog.Pos{})
	_, err := l.Read(seglog.Pos{})
	g.Expect(err).To(MatchError(seglog.ErrGone))
	g.Expect(seglog.Pos{}.String()).To(BeEmpty())
}

func TestDoneSegmentsAreRemoved(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 300})
	for _, pos := range add(t, l, numbered(40)...) {
		l.Ack(pos, 1)
	}
	g.Eventually(func() []string { return m.files(".seg") }, "5s", "1ms").Should(HaveLen(1), "the active one")
	g.Eventually(func() []string { return m.files(".ack") }, "5s", "1ms").Should(HaveLen(1))
}

func TestManyAppendAndRead(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{SegmentBytes: 2000, Sync: true})
	const writers, each = 8, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				add(t, l, fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 4 {
		wg.Go(func() {
			for {
				f, err := l.Next(ctx)
				if err != nil {
					return
				}
				l.Ack(f.Pos, 1)
				mu.Lock()
				seen[string(f.Body)]++
				if len(seen) == writers*each {
					stop()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	g.Expect(seen).To(HaveLen(writers * each))
	for body, n := range seen {
		g.Expect(n).To(Equal(1), body)
	}
}

func TestTooLargeFrames(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct{ meta, body, bound int }{{seglog.MaxMeta + 1, 0, 0}, {0, seglog.MaxBody + 1, 0}, {0, 1000, 1000}} {
		l := open(t, newMemFS(), seglog.Config{MaxBytes: int64(c.bound)})
		_, err := l.Append(t.Context(), time.Time{}, make([]byte, c.meta), make([]byte, c.body))
		g.Expect(err).To(MatchError(seglog.ErrTooLarge), "%v", c)
		g.Expect(l.Stats().Unsaved).To(Equal(1))
	}
}

func TestClose(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	add(t, l, "a")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { g.Expect(l.Close(context.Background())).To(Succeed()) })
	}
	wg.Wait()
	_, err := l.Append(t.Context(), time.Time{}, nil, nil)
	g.Expect(err).To(MatchError(seglog.ErrClosed))
	_, err = l.Next(t.Context())
	g.Expect(err).To(MatchError(seglog.ErrClosed))
	g.Expect(l.Adopt()).To(BeZero())
	g.Expect(m.locks).To(BeEmpty())
}

func TestCloseWritesWhatWaits(t *testing.T) {
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
		var wg sync.WaitGroup
		for range 900 { // more than one batch
			wg.Go(func() {
				_, err := l.Append(context.Background(), time.Time{}, nil, make([]byte, 4000))
				g.Expect(err).NotTo(HaveOccurred())
			})
		}
		synctest.Wait()
		closed := make(chan struct{})
		go func() { closeLog(t, l); close(closed) }()
		synctest.Wait()
		close(release)
		<-closed
		wg.Wait()
	})
}

func TestAnAppendThatMeetsCloseIsWrittenOrRefused(t *testing.T) {
	g := NewWithT(t)
	for range 100 {
		m := newMemFS()
		l := open(t, m, seglog.Config{})
		var wg sync.WaitGroup
		var mu sync.Mutex
		accepted := 0
		for i := range 4 {
			wg.Go(func() {
				body := fmt.Sprint(i)
				_, err := l.Append(context.Background(), time.Time{}, []byte("meta "+body), []byte(body))
				if err == nil {
					mu.Lock()
					accepted++
					mu.Unlock()
				} else if !errors.Is(err, seglog.ErrClosed) {
					t.Error(err)
				}
			})
		}
		closeLog(t, l)
		wg.Wait()
		again := open(t, m, seglog.Config{})
		g.Expect(len(drain(t, again))).To(BeNumerically(">=", accepted))
		closeLog(t, again)
	}
}

func TestFilesAreForThisUserOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such permissions")
	}
	g := NewWithT(t)
	root := filepath.Join(t.TempDir(), "a", "spool")
	l, err := seglog.Open(root, seglog.Config{Sync: true})
	g.Expect(err).NotTo(HaveOccurred())
	add(t, l, "a", "b")
	l.Attempt(add(t, l, "c")[0])
	closeLog(t, l)
	var names []string
	g.Expect(filepath.WalkDir(root, func(path string, d fs.DirEntry, _ error) error {
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		g.Expect(info.Mode().Perm()).To(Equal(want), path)
		names = append(names, d.Name())
		return nil
	})).To(Succeed())
	g.Expect(names).To(HaveExactElements(Equal("spool"), Equal("lane-0001"), MatchRegexp(`^\d{13}\.ack$`), MatchRegexp(`^\d{13}\.seg$`), Equal("lock")))
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	_, err := seglog.Open(file, seglog.Config{})
	var failed *seglog.DirError
	g.Expect(errors.As(err, &failed)).To(BeTrue())
	g.Expect(failed.Dir).To(Equal(file))
	g.Expect(err.Error()).To(And(HavePrefix("seglog: cannot use "+file+": "), ContainSubstring("not a directory")))

	for _, op := range []string{"mkdir", "lock", "readdir"} {
		m := newMemFS()
		m.failing(op, "", fs.ErrPermission)
		_, err := seglog.Open(dir, seglog.Config{FS: m})
		g.Expect(errors.As(err, &failed)).To(BeTrue(), op)
		g.Expect(err).To(MatchError(fs.ErrPermission), op)
	}
}

func TestALaneOfAnotherUserIsLeft(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	closeLog(t, open(t, m, seglog.Config{}))
	m.failing("lock", "lane-0001/lock", fs.ErrPermission)
	l := open(t, m, seglog.Config{})
	g.Expect(add(t, l, "a")[0].String()).To(HavePrefix("lane-0002/"))
}

func TestLogsShareADirectory(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{})
	add(t, a, "a")
	add(t, b, "b")
	g.Expect(a.Adopt() + b.Adopt()).To(BeZero())
	g.Expect(drain(t, a)).To(Equal([]string{"a"}))
	g.Expect(drain(t, b)).To(Equal([]string{"b"}))
	closeLog(t, b)
	g.Expect(a.Adopt()).To(Equal(1))
	g.Expect(a.Stats().Lanes).To(Equal(2))
	scanned(t, a)
	f, err := a.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(f.Body)).To(Equal("b"))
	a.Ack(f.Pos, 1)
	g.Eventually(func() int { return a.Stats().Lanes }, "5s", "1ms").Should(Equal(1), "an empty lane is free for others")
	free, err := m.Lock(dir + "/lane-0002/lock")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(free.Close()).To(Succeed())
	closeLog(t, a)
	l := open(t, m, seglog.Config{})
	g.Expect(add(t, l, "c")[0].String()).To(HavePrefix("lane-0001/"))
	g.Expect(drain(t, l)).To(Equal([]string{"a", "c"}), "of the lane that was free")
}

func TestEmptyLanesAreLeft(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{})
	closeLog(t, b)
	g.Expect(a.Adopt()).To(BeZero())
	g.Expect(a.Stats().Lanes).To(Equal(1))
}

func TestNextSeesAnAdoptedLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{})
		add(t, b, "b")
		closeLog(t, b)
		got := make(chan string, 1)
		go func() {
			f, _ := a.Next(context.Background())
			got <- string(f.Body)
		}()
		synctest.Wait()
		g.Expect(a.Adopt()).To(Equal(1))
		synctest.Wait()
		g.Expect(got).To(Receive(Equal("b")))
	})
}

func TestFreeLanesAreTakenEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		m := newMemFS()
		a, b := open(t, m, seglog.Config{}), open(t, m, seglog.Config{})
		add(t, b, "b")
		closeLog(t, b)
		_, err := a.Next(ended)
		g.Expect(err).To(MatchError(context.Canceled))
		time.Sleep(time.Minute)
		synctest.Wait()
		g.Expect(drain(t, a)).To(Equal([]string{"b"}))
	})
}

func TestOlderSegmentsOfAllLanesComeFirst(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	logs := []*seglog.Log{open(t, m, seglog.Config{}), open(t, m, seglog.Config{}), open(t, m, seglog.Config{})}
	for i, at := range []int64{2, 3, 1} {
		body := fmt.Sprint(at)
		_, err := logs[i].Append(t.Context(), time.Unix(at, 0), []byte("meta "+body), []byte(body))
		g.Expect(err).NotTo(HaveOccurred())
	}
	for _, l := range logs {
		closeLog(t, l)
	}
	l := open(t, m, seglog.Config{})
	add(t, l, "4")
	g.Expect(drain(t, l)).To(Equal([]string{"1", "2", "3", "4"}))
}

func TestEveryPrefixOfASegmentOpens(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	bodies := []string{"one", "", "three"}
	add(t, l, bodies...)
	closeLog(t, l)
	name := m.files(".seg")[0]
	segment := m.get(name)
	for n := range segment {
		m := m.clone()
		m.put(name, segment[:n])
		l := open(t, m, seglog.Config{})
		add(t, l, "new")
		found := drain(t, l)
		g.Expect(found).To(Equal(append(bodies[:len(found)-1:len(found)-1], "new")), "prefix of %d bytes", n)
		g.Expect(l.Stats()).To(And(HaveField("Lost", 0), HaveField("Err", BeNil())))
		closeLog(t, l)
		g.Expect(m.files("")).NotTo(ContainElement(ContainSubstring("corrupt")))
	}
}

func TestEveryFlippedBitCostsOneFrame(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	bodies := []string{"one", "", "three"}
	add(t, l, bodies...)
	l.Ack(add(t, l, "acknowledged")[0], 1)
	closeLog(t, l)
	for _, suffix := range []string{".seg", ".ack"} {
		name := m.files(suffix)[0]
		data := m.get(name)
		for bit := range 8 * len(data) {
			m := m.clone()
			flipped := bytes.Clone(data)
			flipped[bit/8] ^= 1 << (bit % 8)
			m.put(name, flipped)
			l := open(t, m, seglog.Config{})
			found := drain(t, l)
			closeLog(t, l)
			// The acknowledged frame comes again if its record is damaged.
			g.Expect(len(found)).To(BeNumerically(">=", 2), "bit %d of %s", bit, suffix)
			rest := append(append([]string{}, bodies...), "acknowledged")
			for _, body := range found {
				g.Expect(rest).To(ContainElement(body))
				for rest[0] != body {
					rest = rest[1:]
				}
			}
			if suffix == ".ack" {
				g.Expect(found[:3]).To(Equal(bodies), "bit %d", bit)
			}
		}
	}
}

func TestDamageIsCopiedAndReportedOnce(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	l := open(t, m, seglog.Config{})
	add(t, l, "one", "two", "three")
	closeLog(t, l)
	name := m.files(".seg")[0]
	data := m.get(name)
	at := bytes.LastIndex(data, []byte("two"))
	data[at] = 'T'
	m.put(name, data)
	var losses []seglog.Loss
	var mu sync.Mutex
	cfg := seglog.Config{Lost: func(l seglog.Loss) { mu.Lock(); defer mu.Unlock(); losses = append(losses, l) }}
	for range 3 {
		l := open(t, m, cfg)
		g.Expect(drain(t, l)).To(Equal([]string{"one", "three"}))
		closeLog(t, l)
	}
	g.Expect(losses).To(Equal([]seglog.Loss{{Reason: seglog.Corrupt, Frames: 1}}))
	copies := m.files("")
	g.Expect(copies[0]).To(MatchRegexp(`^/spool/corrupt/lane-0001-\d{13}-\d+-[0-9a-f]{8}$`))
	g.Expect(string(m.get(copies[0]))).To(HaveSuffix("meta twoTwo"))
}

func TestDamageToAReadFrame(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	var losses []seglog.Loss
	l := open(t, m, seglog.Config{Lost: func(l seglog.Loss) { losses = append(losses, l) }})
	positions := add(t, l, "one", "two", "three")
	name := m.files(".seg")[0]
	data := m.get(name)
	data[bytes.LastIndex(data, []byte("two"))] = 'T'
	m.put(name, data)
	g.Expect(drain(t, l)).To(Equal([]string{"one", "three"}))
	m.put(name, data[:10])
	_, err := l.Next(ended)
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(losses).To(Equal([]seglog.Loss{{Reason: seglog.Corrupt, Frames: 1, Known: []seglog.Lost{{Pos: positions[1]}}}}))
	g.Expect(m.files("")[0]).To(ContainSubstring("corrupt/"))
}

func TestCopiesOfDamageAreBounded(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	for i := range 20 {
		m.put(fmt.Sprintf("%s/lane-0001/%013d.seg", dir, i+1), append([]byte{byte(i)}, bytes.Repeat([]byte("x"), 2<<20)...))
	}
	g.Expect(m.MkdirAll(dir + "/lane-0001")).To(Succeed())
	l := open(t, m, seglog.Config{})
	scanned(t, l)
	closeLog(t, l)
	g.Expect(l.Stats().Lost).To(Equal(20))
	g.Expect(m.files(".seg")).To(BeEmpty())
	total := 0
	for _, name := range m.files("") {
		if strings.Contains(name, "corrupt") {
			total += len(m.get(name))
		}
	}
	g.Expect(total).To(Equal(16 << 20))
}

func TestForeignFilesAreLeft(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	g.Expect(m.MkdirAll(dir + "/lane-0001/9900000000000.seg")).To(Succeed())
	g.Expect(m.MkdirAll(dir + "/photos")).To(Succeed())
	m.put(dir+"/lane-0001/notes.seg", []byte("x"))
	m.put(dir+"/lane-0001/00000007.txt", []byte("x"))
	m.put(dir+"/lane-0001/9000000000000.ack", []byte("x"))
	m.put(dir+"/lane-0001/1.seg", []byte("x"))
	m.put(dir+"/lane-x", []byte("x"))
	l := open(t, m, seglog.Config{})
	g.Expect(add(t, l, "a")[0].String()).To(Equal("lane-0001/9000000000001/0"), "no number is used twice")
	g.Expect(drain(t, l)).To(Equal([]string{"a"}))
	closeLog(t, l)
	name := m.files("0001.seg")[0]
	m.put(filepath.Dir(name)+"/0"+filepath.Base(name), m.get(name)) // the same number
	l = open(t, m, seglog.Config{})
	g.Expect(drain(t, l)).To(Equal([]string{"a"}))
	closeLog(t, l)
	g.Expect(m.files("notes.seg")).To(HaveLen(1))
	g.Expect(m.files("/1.seg")).To(HaveLen(1))
	g.Expect(m.files(".txt")).To(HaveLen(1))
	g.Expect(m.files(".ack")).To(BeEmpty(), "of a segment that was removed")
}

func TestPeekReadsTheLanesOfOthers(t *testing.T) {
	g := NewWithT(t)
	m := newMemFS()
	a, b := open(t, m, seglog.Config{SegmentBytes: 200}), open(t, m, seglog.Config{})
	all := add(t, a, numbered(8)...)
	add(t, b, "b")
	a.Ack(all[1], 1)
	a.Ack(all[4], 1)
	a.Attempt(all[5])
	closeLog(t, a)
	_, err := b.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	before := m.files("")

	type peeked struct {
		id, body string
		attempts int
	}
	var found []peeked
	g.Expect(seglog.Peek(m, dir, func(id string, f seglog.Frame) bool {
		g.Expect(string(f.Meta)).To(Equal("meta " + string(f.Body)))
		found = append(found, peeked{id, string(f.Body), f.Attempts})
		return true
	})).To(Succeed())
	g.Expect(found).To(HaveLen(7))
	g.Expect(found[0]).To(Equal(peeked{all[0].String(), "body 000", 0}))
	g.Expect(found[3]).To(Equal(peeked{all[5].String(), "body 005", 1}))
	g.Expect(found[6].body).To(Equal("b"))
	g.Expect(m.files("")).To(Equal(before))
	g.Expect(a.Adopt()).To(BeZero())

	n := 0
	g.Expect(seglog.Peek(m, dir, func(string, seglog.Frame) bool { n++; return n < 4 })).To(Succeed())
	g.Expect(n).To(Equal(4))
	var failed *seglog.DirError
	err = seglog.Peek(m, "/nowhere", nil)
	g.Expect(errors.As(err, &failed)).To(BeTrue())
	g.Expect(err).To(MatchError(fs.ErrNotExist))
}
