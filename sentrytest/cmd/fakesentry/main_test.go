package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/transport"
)

// asProgram makes the test binary run the program, for tests that need a
// process.
const asProgram = "FAKESENTRY_TEST_PROGRAM"

// program returns a command that runs the program. Its child processes do the
// job.
func program(t *testing.T, job string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", childJob+"="+job)
	return cmd
}

func TestMain(m *testing.M) {
	switch job := os.Getenv(childJob); {
	case os.Getenv(asProgram) == "1":
		// Processes that the program starts run the program too, unless they
		// have a job.
		if job != "" {
			_ = os.Unsetenv(asProgram)
		}
		main()
	case job != "":
		os.Exit(beChild(job))
	}
	goleak.VerifyTestMain(m)
}

func runWith(t *testing.T, registry *transport.Registry, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, registry, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestDemoReportsThroughEveryScheme(t *testing.T) {
	g := NewWithT(t)
	code, out, errs := runWith(t, transport.DefaultRegistry(), "demo", "--timeout=1m")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
	for _, scheme := range transport.DefaultRegistry().Schemes() {
		for _, protocol := range []string{"envelope", "store"} {
			g.Expect(out).To(MatchRegexp(`(?m)^%s +%s +yes +%s +\S+ +[0-9a-f]{32}$`, strings.ReplaceAll(scheme, "+", `\+`), protocol, deliveryOf(scheme)))
		}
	}
	g.Expect(out).To(ContainSubstring("POST /api/1/envelope/, gzip"))
	g.Expect(out).To(MatchRegexp(`\* \S+\.\(\*shop\)\.openForADay  \S+/app\.go:\d+`))
	g.Expect(out).To(ContainSubstring("breadcrumb"))
	g.Expect(out).To(HaveSuffix("arrived and matched.\n"))
}

// deliveryOf returns the target of a scheme and its version of HTTP.
func deliveryOf(scheme string) string {
	switch {
	case strings.HasPrefix(scheme, "file+"), strings.HasPrefix(scheme, "stderr+"):
		return `(file|stderr) +-`
	case !strings.HasSuffix(scheme, "https"), strings.HasPrefix(scheme, "fasthttp+"), strings.HasPrefix(scheme, "aiohttp+"):
		return `server +HTTP/1\.1`
	}
	return `server +HTTP/2\.0`
}

// lossy delivers nothing and reports success.
type lossy struct{}

func (lossy) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	return &transport.Response{Status: 200}, nil
}
func (lossy) Close(context.Context) error { return nil }

func TestDemoNamesWhatDidNotArrive(t *testing.T) {
	g := NewWithT(t)
	registry := transport.DefaultRegistry().Clone()
	err := registry.RegisterFunc("lossy+https", func(*transport.DSN, transport.Env) (transport.Transport, error) { return lossy{}, nil })
	g.Expect(err).NotTo(HaveOccurred())
	code, out, errs := runWith(t, registry, "demo", "--timeout=1m")
	g.Expect(code).To(Equal(1))
	g.Expect(out).To(MatchRegexp(`(?m)^lossy\+https +envelope +NO `))
	g.Expect(out).NotTo(ContainSubstring("arrived and matched"))
	g.Expect(errs).To(MatchRegexp(`fakesentry: 2 of \d+ failed:`))
	g.Expect(errs).To(ContainSubstring("lossy+https, envelope: "))
}

func TestUsage(t *testing.T) {
	g := NewWithT(t)
	code, out, _ := runWith(t, transport.DefaultRegistry(), "--help")
	g.Expect(code).To(BeZero())
	g.Expect(out).To(And(ContainSubstring("A fake Sentry"), ContainSubstring("demo")))

	code, _, errs := runWith(t, transport.DefaultRegistry(), "frobnicate")
	g.Expect(code).To(Equal(1), "1, and not kong's own exit code")
	g.Expect(errs).To(ContainSubstring("frobnicate"))

	code, _, errs = runWith(t, transport.DefaultRegistry(), "demo", "--timeout=soon")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(ContainSubstring("soon"))
}

// untilPrinted is a writer that lets a test wait for text.
type untilPrinted struct {
	mu      sync.Mutex // guards everything below
	text    strings.Builder
	changed chan struct{}
}

func newUntilPrinted() *untilPrinted { return &untilPrinted{changed: make(chan struct{})} }

func (u *untilPrinted) Write(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.changed)
	u.changed = make(chan struct{})
	return u.text.Write(p)
}

func (u *untilPrinted) String() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.text.String()
}

// match waits for the expression and returns its groups.
func (u *untilPrinted) match(t *testing.T, expression string) []string {
	t.Helper()
	re := regexp.MustCompile(expression)
	for {
		u.mu.Lock()
		found, changed := re.FindStringSubmatch(u.text.String()), u.changed
		u.mu.Unlock()
		if found != nil {
			return found[1:]
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s was not printed, but:\n%s", expression, u)
		}
	}
}
