package seglog_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// body is what a child appends under a name: large enough that segments fill.
func body(name string) []byte {
	return append([]byte(name+" "), bytes.Repeat([]byte(name), 200)...)
}

// child appends frames until it is killed, or its input ends. It prints each
// name that was accepted, and each that it read before it acknowledges it.
func child(dir, name string) {
	l, err := seglog.Open(dir, seglog.Config{SegmentBytes: 64 << 10, Wait: time.Minute})
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	var wg sync.WaitGroup
	for w := range 2 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("%s.%d.%d", name, w, i)
				if _, err := l.Append(context.Background(), time.Time{}, []byte(id), body(id)); err == nil {
					fmt.Println("accepted", id)
				}
			}
		})
	}
	wg.Go(func() {
		for n := 0; ; n++ {
			f, err := l.Next(ctx)
			if err != nil {
				return
			}
			if !bytes.Equal(f.Body, body(string(f.Meta))) {
				fmt.Println("failed wrong bytes of", string(f.Meta))
			}
			if n%3 == 0 {
				fmt.Println("read", string(f.Meta))
				l.Ack(f.Pos, 1)
			}
		}
	})
	wg.Wait()
	if err := l.Close(context.Background()); err != nil {
		fmt.Println("failed", err)
	}
}

// ledger is what children have said.
type ledger struct {
	mu             sync.Mutex
	accepted, read map[string]bool
	failures       []string
}

func newLedger() *ledger { return &ledger{accepted: map[string]bool{}, read: map[string]bool{}} }

// run starts a child, and ends it after a number of lines: it is killed, or its
// input ends.
func (b *ledger) run(t *testing.T, dir, name string, lines int, kill bool) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEGLOG_CHILD="+dir, "SEGLOG_NAME="+name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Error(err)
		return
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return
	}
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	scanner := bufio.NewScanner(stdout)
	for n := 0; scanner.Scan(); n++ {
		b.note(scanner.Text())
		if n == lines && kill {
			_ = cmd.Process.Kill()
		}
		if n == lines && !kill {
			_ = in.Close()
		}
	}
	if err := cmd.Wait(); err != nil && !kill {
		t.Error(err)
	}
}

func (b *ledger) note(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	verb, id, _ := strings.Cut(line, " ")
	switch verb {
	case "accepted":
		b.accepted[id] = true
	case "read":
		b.read[id] = true
	default:
		b.failures = append(b.failures, line)
	}
}

// check reads what is left, and requires that nothing is lost.
func (b *ledger) check(t *testing.T, dir string) {
	t.Helper()
	g := NewWithT(t)
	l, err := seglog.Open(dir, seglog.Config{})
	g.Expect(err).NotTo(HaveOccurred())
	defer closeLog(t, l)
	scanned(t, l)
	left := map[string]bool{}
	for {
		f, err := l.Next(ended)
		if err != nil {
			break
		}
		id := string(f.Meta)
		g.Expect(f.Body).To(Equal(body(id)))
		g.Expect(left[id]).To(BeFalse(), "%s twice", id)
		left[id] = true
		l.Ack(f.Pos, 1)
	}
	lost := 0
	for id := range b.accepted {
		if !b.read[id] && !left[id] {
			lost++
		}
	}
	t.Logf("%d accepted, %d read by children, %d left, %d torn", len(b.accepted), len(b.read), len(left), l.Stats().Torn)
	g.Expect(b.failures).To(BeEmpty())
	g.Expect(lost).To(BeZero())
	g.Expect(l.Stats().Lost).To(BeZero())
	g.Expect(len(b.accepted)).To(BeNumerically(">", 0))
}

func needsProcesses(t *testing.T) {
	if _, err := os.Executable(); err != nil {
		t.Skip("no processes here")
	}
	if _, err := exec.LookPath(os.Args[0]); err != nil {
		t.Skip("no processes here")
	}
}

func TestKilledProcessesLoseNothing(t *testing.T) {
	needsProcesses(t)
	dir, b := t.TempDir(), newLedger()
	for i := range 20 {
		b.run(t, dir, fmt.Sprint(i), 1+rand.IntN(400), true)
	}
	b.check(t, dir)
	names, err := os.ReadDir(dir)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(names).To(HaveLen(1), "each takes the lane of the one before")
}

func TestManyProcessesShareADirectory(t *testing.T) {
	needsProcesses(t)
	for _, n := range []int{2, 8} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir, b := t.TempDir(), newLedger()
			var wg sync.WaitGroup
			for p := range n {
				wg.Go(func() {
					for round := range 3 {
						b.run(t, dir, fmt.Sprintf("%d.%d", p, round), 200, (p+round)%2 == 0)
					}
				})
			}
			wg.Wait()
			b.check(t, dir)
		})
	}
}

func TestALaneOfAKilledProcessIsAdopted(t *testing.T) {
	needsProcesses(t)
	g := NewWithT(t)
	dir, b := t.TempDir(), newLedger()
	l, err := seglog.Open(dir, seglog.Config{})
	g.Expect(err).NotTo(HaveOccurred())
	b.run(t, dir, "x", 50, true)
	g.Expect(l.Adopt()).To(Equal(1))
	scanned(t, l)
	g.Expect(l.Stats().Recovered).To(BeNumerically(">=", len(b.accepted)-len(b.read)))
	closeLog(t, l)
	b.check(t, dir)
}
