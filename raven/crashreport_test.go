package raven_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// down is a transport whose server answers 503.
func down() *recorder {
	return &recorder{answer: func(*transport.Packet) (*transport.Response, error) {
		return nil, &transport.APIError{Status: http.StatusServiceUnavailable}
	}}
}

// crash crashes the test binary, instead of running tests, when a test has
// started it. It does not report earlier crashes; the test does.
func crash(how string) {
	c, err := raven.New(testDSN, raven.WithTransport(down()), raven.WithRelease("1.2.3"), raven.WithServerName("crashed"),
		raven.WithCrashReport(os.Getenv("RAVEN_TEST_CRASH_FILE")))
	if err != nil {
		panic(err)
	}
	switch how {
	case "panic":
		go explode("boom")
	case "error":
		explode(errors.New("first\nsecond"))
	case "fault":
		divide(0)
	case "repanic":
		func() {
			defer func() { explode(errors.New("and again")) }()
			explode("once")
		}()
	case "lines":
		explode(errors.New("worker 3 failed:\npanic: index out of range\n(see above)"))
	case "nil map", "closed channel", "nil channel", "send", "conversion", "missing method", "nil", "index", "key", "value method":
		fault(how)
	case "map":
		m := map[int]int{}
		for range 4 {
			go func() {
				for {
					write(m)
				}
			}()
		}
	case "overflow":
		debug.SetMaxStack(1 << 20)
		depth = overflow(0)
	case "exit":
		os.Exit(3)
	case "close":
		_ = c.Close(context.Background()) // a recorder returns no error
		explode("after Close")
	}
	select {}
}

func fill(m map[string]int) { m["x"] = 1 }

type shouter struct{}

func (shouter) shout() {}

// fault makes the runtime panic.
func fault(how string) {
	var (
		none  map[string]int
		open  chan int
		value any = 5
	)
	switch how {
	case "nil map":
		fill(none)
	case "closed channel":
		open = make(chan int)
		close(open)
		close(open)
	case "nil channel":
		close(open)
	case "send":
		open = make(chan int)
		close(open)
		open <- 1
	case "conversion":
		_ = value.(string)
	case "missing method":
		_ = value.(error)
	case "nil":
		panic(nil)
	case "index":
		_ = []int{}[value.(int)]
	case "key":
		_ = map[any]int{[1]any{none}: 1}
	case "value method":
		var s *shouter
		interface{ shout() }(s).shout()
	}
}

// A panic of the runtime has the same type in a crash report as when it is
// recovered.
func TestCrashesAreCalledAsRecoveredPanicsAre(t *testing.T) {
	for _, how := range []string{"nil map", "closed channel", "nil channel", "send", "conversion", "missing method", "nil", "index", "key", "value method"} {
		t.Run(how, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			func() {
				defer c.Recover(t.Context())
				fault(how)
			}()
			caught := object(only(t, rec).at("exception", "values", 0).(map[string]any))

			rec = new(recorder)
			afterCrash(t, rec, crashed(t, how))
			died := object(only(t, rec).at("exception", "values", 0).(map[string]any))
			g.Expect(died["type"]).To(Equal(caught["type"]))
			g.Expect(died["module"]).To(Equal(caught["module"]))
		})
	}
}

//go:noinline
func write(m map[int]int) { m[1]++ }

var depth int

//go:noinline
func overflow(n int) int {
	if n < 0 {
		return 0
	}
	return overflow(n+1) + 1
}

// crashed runs the test binary until it crashes, and returns the crash file.
func crashed(t *testing.T, how string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crash")
	die(t, how, path)
	return path
}

func die(t *testing.T, how, path string) {
	t.Helper()
	self, err := os.Executable()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "RAVEN_TEST_CRASH="+how, "RAVEN_TEST_CRASH_FILE="+path, "GOTRACEBACK=all")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	NewWithT(t).Expect(errors.As(err, &exit)).To(BeTrue(), "%s: %v\n%s", how, err, out)
}

// afterCrash starts a client with the file, as the next process does, and
// closes it.
func afterCrash(t *testing.T, rec transport.Transport, path string, opts ...raven.Option) (log string) {
	t.Helper()
	var text bytes.Buffer
	c := newOver(t, rec, testDSN, append(opts, raven.WithCrashReport(path), raven.WithLogger(slog.New(slog.NewTextHandler(&text, nil))))...)
	NewWithT(t).Expect(c.Close(t.Context())).To(Succeed())
	return text.String()
}

func TestCrashReport(t *testing.T) {
	const here = "github.com/ravenkit/ravenkit/raven_test"
	for _, tt := range []struct {
		how, typ, value, module, top string
	}{
		{"panic", "raven_test.explode", "boom", here, "explode"},
		{"error", "raven_test.explode", "first\nsecond", here, "explode"},
		{"lines", "raven_test.explode", "worker 3 failed:\npanic: index out of range\n\\(see above\\)", here, "explode"},
		{"fault", "runtime.Error", "runtime error: integer divide by zero", "runtime", "divide"},
		{"repanic", "raven_test.explode", "and again", here, "explode"},
		{"map", "fatal error", "concurrent map (access|writes)", "", "write"},
		{"overflow", "fatal error", "stack overflow", "", "overflow"},
	} {
		t.Run(tt.how, func(t *testing.T) {
			g := NewWithT(t)
			rec := new(recorder)
			path := crashed(t, tt.how)
			g.Expect(afterCrash(t, rec, path)).To(BeEmpty())
			ev := only(t, rec)
			x := object(ev.at("exception", "values", 0).(map[string]any))
			g.Expect(x["type"]).To(Equal(tt.typ))
			g.Expect(x["value"]).To(MatchRegexp("^" + tt.value + "$"))
			if tt.module != "" {
				g.Expect(x["module"]).To(Equal(tt.module))
			}
			g.Expect(x["mechanism"]).To(Equal(map[string]any{"type": "crash", "handled": false}))
			frame := object(x.at("stacktrace", "frames", -1).(map[string]any))
			g.Expect(frame["function"]).To(Equal(tt.top))
			g.Expect(frame["module"]).To(Equal(here))
			g.Expect(frame["filename"]).To(HavePrefix(here + "/"))
			g.Expect(frame["lineno"]).To(BeNumerically(">", 10))
			g.Expect(frame["in_app"]).To(BeTrue())
			g.Expect(ev["level"]).To(Equal("fatal"))
			g.Expect([]any{ev["release"], ev["server_name"]}).To(Equal([]any{"1.2.3", "crashed"}), "of the process that crashed")
			g.Expect(ev.at("threads", "values", 0, "crashed")).To(BeTrue())
			g.Expect(ev.at("threads", "values", 0, "id")).To(Equal(x["thread_id"]))
			g.Expect(ev.at("extra", "crash_output")).To(ContainElement(ContainSubstring("goroutine")))

			g.Expect(afterCrash(t, rec, path)).To(BeEmpty())
			g.Expect(rec.all()).To(HaveLen(1), "once")
		})
	}
}

func TestCrashShowsOtherGoroutines(t *testing.T) {
	g := NewWithT(t)
	rec := new(recorder)
	afterCrash(t, rec, crashed(t, "panic"))
	threads, _ := only(t, rec).at("threads", "values").([]any)
	g.Expect(len(threads)).To(BeNumerically(">", 1))
	g.Expect(threads).To(ContainElement(SatisfyAll(HaveKeyWithValue("crashed", false), HaveKeyWithValue("name", "goroutine 1"), HaveKey("state"), HaveKey("stacktrace"))))
}

func TestNoCrashNoReport(t *testing.T) {
	for _, how := range []string{"exit", "close"} {
		rec := new(recorder)
		NewWithT(t).Expect(afterCrash(t, rec, crashed(t, how))).To(BeEmpty())
		NewWithT(t).Expect(rec.all()).To(BeEmpty(), how)
	}
}

func TestCrashReportArrives(t *testing.T) {
	g := NewWithT(t)
	path := crashed(t, "panic")
	c, srv := connect(t, []raven.Option{raven.WithCrashReport(path)})
	ev := sentrytest.RequireEvent(t, srv, sentrytest.HasException("raven_test.explode", "boom"), sentrytest.HasLevel("fatal"))
	g.Expect(ev.Problems).To(BeEmpty())
	g.Expect(ev.Timestamp).To(BeTemporally("~", time.Now(), time.Minute))
	g.Expect(ev.Threads).NotTo(BeEmpty())
	g.Expect(ev.Exceptions[0].Stacktrace.Frames).NotTo(BeEmpty())
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(srv.Events()).To(HaveLen(1))
}

// A report is kept if the server is down, and sent once if the server refuses
// it.
func TestCrashReportThatFails(t *testing.T) {
	g := NewWithT(t)
	path := crashed(t, "panic")
	untrusted := &recorder{answer: func(*transport.Packet) (*transport.Response, error) {
		return nil, &transport.NetworkError{Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}
	}}
	unreached := down()
	for _, far := range []transport.Transport{unreached, untrusted} {
		g.Expect(afterCrash(t, far, path)).To(ContainSubstring("an earlier crash could not be reported; it is kept in " + path + " for the next start: "))
	}
	refuses := &recorder{answer: func(*transport.Packet) (*transport.Response, error) {
		return nil, &transport.APIError{Status: http.StatusForbidden}
	}}
	g.Expect(afterCrash(t, refuses, path)).To(ContainSubstring("an earlier crash was not reported: "))
	g.Expect(only(t, refuses)["event_id"]).To(Equal(only(t, unreached)["event_id"]), "so that the server knows it again")
	g.Expect(afterCrash(t, refuses, path)).To(BeEmpty())
	g.Expect(refuses.all()).To(HaveLen(1))
}

// Every process has its own file, and does not report the files of running
// ones.
func TestCrashFilesOfSeveralProcesses(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "folder", "crash")
	rec := new(recorder)
	running := newOver(t, rec, testDSN, raven.WithCrashReport(path))
	die(t, "panic", path)
	die(t, "error", path)
	g.Expect(filepath.Glob(path + "*")).To(HaveLen(3))
	g.Expect(rec.all()).To(BeEmpty())
	g.Expect(running.Close(t.Context())).To(Succeed())

	afterCrash(t, rec, path)
	var values []any
	for _, p := range rec.all() {
		values = append(values, eventOf(t, p).at("exception", "values", 0, "value"))
	}
	g.Expect(values).To(ConsistOf("boom", "first\nsecond"))
}

func TestOneCrashOutput(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	c := newOver(t, new(recorder), testDSN, raven.WithCrashReport(folder))
	g.Expect(os.ReadDir(folder)).To(HaveLen(1), "the file is in the given folder")
	g.Expect(afterCrash(t, new(recorder), folder)).To(ContainSubstring(`msg="raven: WithCrashReport" error="another client of this process has the crash output"`))
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(afterCrash(t, new(recorder), folder)).To(BeEmpty())
}

func TestCrashFileByDefault(t *testing.T) {
	g := NewWithT(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv("LocalAppData", filepath.Join(home, "cache"))
	g.Expect(afterCrash(t, new(recorder), "")).To(BeEmpty())
	var found []string
	g.Expect(filepath.WalkDir(home, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".crash") {
			found = append(found, filepath.Base(path))
		}
		return err
	})).To(Succeed())
	g.Expect(found).To(ConsistOf(MatchRegexp(`^raven\.test-[0-9a-f]+\.crash$`)))
}

func TestCrashFileThatCannotBe(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	g.Expect(afterCrash(t, new(recorder), filepath.Join(file, "crash"))).To(ContainSubstring("raven: WithCrashReport"))
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	g.Expect(afterCrash(t, new(recorder), "")).To(ContainSubstring("give its path to WithCrashReport"))
}

// The output of another program in the file is reported unchanged.
func TestForeignCrashFile(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "crash")
	g.Expect(os.WriteFile(path, []byte("panic: by hand\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\n"), 0o600)).To(Succeed())
	rec := new(recorder)
	afterCrash(t, rec, path)
	ev := only(t, rec)
	g.Expect(ev.at("exception", "values", 0, "type")).To(Equal("main.main"))
	g.Expect(ev.at("exception", "values", 0, "value")).To(Equal("by hand"))
	g.Expect(ev.at("exception", "values", 0, "stacktrace", "frames", 0)).To(Equal(map[string]any{
		"function": "main", "module": "main", "filename": "main/main.go", "abs_path": "/src/main.go", "lineno": 7.0, "in_app": true,
	}))
}

// stuck is a transport whose deliveries end only with their context.
type stuck struct{ held }

func (stuck) Send(ctx context.Context, _ *transport.Packet) (*transport.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestCloseGivesACrashReportUp(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "crash")
	g.Expect(os.WriteFile(path, []byte("panic: by hand\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\n"), 0o600)).To(Succeed())
	logs, log := newLog()
	c := newOver(t, stuck{}, testDSN, log, raven.WithCrashReport(path))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(c.Close(ended)).To(Succeed())
	g.Expect(logs.String()).To(ContainSubstring("an earlier crash could not be reported; it is kept in " + path + " for the next start: "))
	rec := new(recorder)
	afterCrash(t, rec, path)
	g.Expect(only(t, rec).at("exception", "values", 0, "value")).To(Equal("by hand"))
}
