package ravenkit_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// The environment variables of a child: a process that captures events until it
// is killed.
const (
	childDSN = "RAVENKIT_CHILD_DSN"
	// childDies is the number of captures after which it kills itself; 0 is
	// never.
	childDies = "RAVENKIT_CHILD_DIES"
	// childRests is the number of captures after which it captures no more; 0
	// is never.
	childRests = "RAVENKIT_CHILD_RESTS"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		child(dsn)
		return
	}
	os.Exit(m.Run())
}

// times returns the number in an environment variable, which .ci/long sets.
func times(variable string, normal int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return normal
}

// child captures events in four goroutines until its input ends, and then
// closes its client. It prints what it does:
//   - will ID SUM before a packet is handed to the transport
//   - did ID when the capture has returned, and the event is on disk
//   - memory ID instead if the disk took too long for this or another event
//   - failed REASON
func child(dsn string) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", args...) } // one write a line
	client, err := raven.New(dsn, raven.WithRegistry(witnessed(say)), raven.WithClientReports(false), raven.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		say("failed %v", err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	dies, rests := times(childDies, 0), times(childRests, 0)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		say("failed %v", err)
		return
	}
	var captured atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				before := client.State().Spool.Unspooled
				id := client.CaptureMessage(context.Background(), someText())
				if client.State().Spool.Unspooled == before {
					say("did %s", id)
				} else {
					say("memory %s", id)
				}
				switch n := captured.Add(1); {
				case n == int64(dies):
					_ = self.Kill()
				case rests > 0 && n >= int64(rests):
					<-ctx.Done()
				}
			}
		})
	}
	wg.Wait()
	if err := client.Close(context.Background()); err != nil && client.State().Spool.Unspooled == 0 {
		say("failed %v", err)
	}
}

func someText() string {
	words := []string{"payment ", "über ", "\x00\n", "{\"a\":1}\n", "日本 "}
	return strings.Repeat(words[rand.IntN(len(words))], 1+rand.IntN(300))
}

// witnessed returns a registry whose default transport says what it is given.
func witnessed(say func(format string, args ...any)) *transport.Registry {
	registry := transport.DefaultRegistry().Clone()
	drivers := registry.Drivers()
	d := drivers[slices.IndexFunc(drivers, func(d transport.Driver) bool { return slices.Contains(d.Schemes, "http") })]
	open := d.Open
	d.Open = func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		tr, err := open(dsn, env)
		if err != nil {
			return nil, err
		}
		return &witness{tr.(*transport.Threaded), say}, nil
	}
	if err := registry.Replace(d); err != nil {
		say("failed %v", err)
	}
	return registry
}

type witness struct {
	*transport.Threaded
	say func(format string, args ...any)
}

func (w *witness) SendAsync(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	w.say("will %s %s", p.EventID, sum(p.Body))
	w.Threaded.SendAsync(ctx, p, done)
}

var sentAt = regexp.MustCompile(`"sent_at":"[^"]*"`)

// sum is the checksum of an envelope. It leaves out when it was sent: that
// changes if it waits.
func sum(body []byte) string {
	header, rest, _ := bytes.Cut(body, []byte("\n"))
	return fmt.Sprintf("%x", sha256.Sum256(append(sentAt.ReplaceAll(header, nil), rest...)))[:16]
}

// killing kills processes that share a directory and a server, and compares
// what they captured with what arrived.
type killing struct {
	srv    *sentrytest.Server
	dir    string
	params []string // of the DSN

	// switching is held while the server goes down or up, and while a process
	// starts: until it runs its own program, it has the server's sockets.
	switching sync.Mutex

	mu      sync.Mutex
	sums    map[string]string
	did     map[string]bool
	memory  int
	arrived map[string][]string  // the checksums of what arrived
	failed  []string             // what children said
	refuse  bool                 // the server flaps: it refuses every second request
	n       int                  // requests
	onEach  map[*exec.Cmd]func() // called for each arrival
	weather int
}

func newKilling(params ...string) *killing {
	k := &killing{dir: GinkgoT().TempDir(), params: params, sums: map[string]string{}, did: map[string]bool{}, arrived: map[string][]string{}, onEach: map[*exec.Cmd]func(){}}
	k.srv = sentrytest.NewServer(GinkgoTB(), sentrytest.BeforeAnswer(k.note), sentrytest.MaxHistory(1))
	return k
}

// dsn is the DSN of a process whose Close takes a time at most.
func (k *killing) dsn(shutdown string) string {
	return dsn(k.srv, "", append([]string{"spool_dir", k.dir, "shutdown_timeout", shutdown}, k.params...)...)
}

// note notes what arrives, before it is answered.
func (k *killing) note(_ context.Context, a *sentrytest.Arrival) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n++; k.refuse && k.n%2 == 0 {
		return io.ErrUnexpectedEOF // the server answers 503
	}
	for _, e := range a.Events {
		k.arrived[e.EventID] = append(k.arrived[e.EventID], sum([]byte(a.Request.Decoded)))
	}
	for _, fn := range k.onEach {
		fn()
	}
	return nil
}

// change changes what the server does.
func (k *killing) change() {
	k.mu.Lock()
	k.weather++
	weather := k.weather
	k.refuse = weather%7 == 3
	k.mu.Unlock()
	faults := map[int]sentrytest.Step{
		1: sentrytest.Hang(), 4: sentrytest.Status(503), 5: sentrytest.Truncate(10), 6: sentrytest.Reset(),
	}
	if step, ok := faults[weather%7]; ok {
		Expect(k.srv.SetFaults(sentrytest.When().Do(step))).To(Succeed())
	} else {
		k.srv.ClearFaults()
	}
	k.setUp(weather%7 != 2)
}

func (k *killing) setUp(up bool) {
	k.switching.Lock()
	defer k.switching.Unlock()
	if up {
		_ = k.srv.Up() // fails the test
	} else {
		k.srv.Down()
	}
}

func (k *killing) fine() {
	k.mu.Lock()
	k.refuse = false
	k.mu.Unlock()
	k.srv.ClearFaults()
	k.setUp(true)
}

// life is when a process ends: after some lines, which it prints, or arrivals.
type life struct {
	dies     int             // captures after which it kills itself; 0: never
	killed   int             // captures after which it is killed; 0: never
	arrives  int             // arrivals after which it is killed; 0: never
	closed   int             // captures after which its input ends; 0: never
	flaps    int             // the server goes down or up after as many captures; 0: never
	shutdown string          // its Close takes this time at most; "" is 0.2 seconds
	rests    int             // captures after which it only waits; 0: never
	until    <-chan struct{} // its input ends when this closes; nil: never
}

// someLife ends with a kill.
func someLife() life {
	n := 1 + rand.IntN(200)
	switch rand.IntN(4) {
	case 0:
		return life{dies: n}
	case 1:
		return life{killed: n, arrives: 1 + rand.IntN(30)}
	case 2:
		return life{killed: n, flaps: 1 + rand.IntN(50)}
	default: // it is killed while its Close delivers what is on disk
		return life{closed: n, arrives: 1 + rand.IntN(200)}
	}
}

// run runs a process until it ends.
func (k *killing) run(l life) {
	defer GinkgoRecover()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDSN+"="+k.dsn(cmp.Or(l.shutdown, "0.2")), childDies+"="+strconv.Itoa(l.dies), childRests+"="+strconv.Itoa(l.rests))
	stdin, err := cmd.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	stdout, err := cmd.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	k.switching.Lock()
	err = cmd.Start()
	k.switching.Unlock()
	Expect(err).NotTo(HaveOccurred())
	kill := sync.OnceFunc(func() { _ = cmd.Process.Kill() })
	arrived := 0
	k.mu.Lock()
	k.onEach[cmd] = func() {
		if arrived++; arrived == l.arrives {
			kill()
		}
	}
	k.mu.Unlock()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.onEach, cmd)
	}()
	if l.until != nil {
		go func() {
			<-l.until
			_ = stdin.Close()
		}()
	}
	captured := 0
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line without an end does not count
		}
		if !k.hear(strings.TrimSpace(line)) {
			continue
		}
		switch captured++; {
		case captured == l.killed:
			kill()
		case captured == l.closed:
			_ = stdin.Close()
		case l.flaps > 0 && captured%l.flaps == 0:
			k.setUp(captured/l.flaps%2 == 0)
		}
	}
	_ = cmd.Wait() // the error of a kill
}

// hear notes a line of a child, and reports whether it is about a capture that
// has returned.
func (k *killing) hear(line string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	verb, rest, _ := strings.Cut(line, " ")
	id, text, _ := strings.Cut(rest, " ")
	switch verb {
	case "will":
		k.sums[id] = text
	case "did":
		k.did[id] = true
		return true
	case "memory":
		k.memory++
		return true
	default:
		k.failed = append(k.failed, line)
	}
	return false
}

// check lets a last process deliver what is on disk, and requires that nothing
// is lost.
func (k *killing) check() {
	GinkgoHelper()
	k.fine()
	// Close waits for a slow disk for 200 ms only. Then the next process
	// notices that everything is delivered.
	var files []string
	for range 3 {
		k.run(life{closed: 1, shutdown: "1m"})
		files, _ = filepath.Glob(filepath.Join(k.dir, "*", "lane-*", "*.seg")) // the pattern is valid
		if len(files) == 0 {
			break
		}
		GinkgoWriter.Println("not removed yet:", files)
	}
	lost := k.missing()
	k.mu.Lock()
	defer k.mu.Unlock()
	twice := 0
	var wrong []string // what arrived with other bytes
	for id, sums := range k.arrived {
		if len(sums) > 1 {
			twice++
		}
		if slices.ContainsFunc(sums, func(sum string) bool { return sum != k.sums[id] }) {
			wrong = append(wrong, fmt.Sprintf("%s: %q instead of %q", id, sums, k.sums[id]))
		}
	}
	GinkgoWriter.Printf("%d captured, %d lost, %d arrived twice, %d more in memory only\n", len(k.did), len(lost), twice, k.memory)
	Expect(lost).To(BeEmpty(), "of %d", len(k.did))
	Expect(wrong).To(BeEmpty())
	Expect(k.failed).To(BeEmpty())
	Expect(k.did).NotTo(BeEmpty())
	Expect(files).To(BeEmpty(), "everything is delivered")
	Expect(filepath.Glob(filepath.Join(k.dir, "*", "corrupt"))).To(BeEmpty())
}

var _ = Describe("With spool_dir, no event is lost for which a capture has returned an id", func() {
	// together kills n processes, as many at a time as given.
	together := func(k *killing, n, atATime int) {
		var left atomic.Int64
		left.Store(int64(n))
		var wg sync.WaitGroup
		for range atATime {
			wg.Go(func() {
				defer GinkgoRecover()
				for left.Add(-1) >= 0 {
					k.change()
					k.run(someLife())
				}
			})
		}
		wg.Wait()
		k.check()
	}

	for _, processes := range []int{1, 2, 8} {
		It(fmt.Sprintf("when processes are killed, %d at a time, while the server comes and goes", processes), func() {
			together(newKilling(), times("RAVENKIT_KILLS", 20/slowness), processes)
		})
	}

	It("with spool_sync=fsync", func() {
		together(newKilling("spool_sync", "fsync"), times("RAVENKIT_KILLS", 10/slowness), 2)
	})

	It("when few events fit into memory", func() {
		together(newKilling("queue_size", "3"), times("RAVENKIT_KILLS", 10/slowness), 2)
	})

	It("when a process is killed and another one runs, which delivers its events within a minute", func() {
		if times("RAVENKIT_KILLS", 0) == 0 {
			Skip("takes a minute; .ci/long runs it")
		}
		k := newKilling()
		end, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			k.run(life{rests: 1, until: end})
		}()
		Eventually(k.missing).WithTimeout(patience).Should(BeEmpty(), "of the process that stays")
		k.setUp(false)
		k.run(life{dies: 500})
		missing := k.missing()
		Expect(len(missing)).To(BeNumerically(">", 400))
		k.fine()
		Eventually(k.missing).WithTimeout(70 * time.Second).Should(BeEmpty())
		close(end)
		<-ended
		k.check()
	})
})

// missing returns the events that must arrive and have not.
func (k *killing) missing() (ids []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.did {
		if len(k.arrived[id]) == 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
