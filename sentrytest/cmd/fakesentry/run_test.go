package main

import (
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// runChild runs `fakesentry run` with flags. Its command is this test binary,
// which does the job.
func runChild(t *testing.T, job string, flags ...string) (code int, out, errs string) {
	t.Helper()
	t.Setenv(childJob, job)
	return runWith(t, transport.DefaultRegistry(), append(append([]string{"run"}, flags...), "--", os.Args[0], "-flag", "two words")...)
}

func TestRunSetsTheEnvironmentOfTheCommand(t *testing.T) {
	g := NewWithT(t)
	code, out, errs := runChild(t, "environment")
	g.Expect(code).To(BeZero())
	g.Expect(errs).To(BeEmpty())
	g.Expect(out).To(MatchRegexp(`^http://facade00facade00facade00facade00@(127\.0\.0\.1:\d+)/1 http://127\.0\.0\.1:\d+/stream http://127\.0\.0\.1:\d+ -flag\|two words\n$`))
}

func TestRunReturnsTheExitCodeOfTheCommand(t *testing.T) {
	g := NewWithT(t)
	code, _, errs := runChild(t, "fail boom")
	g.Expect(code).To(Equal(7))
	g.Expect(errs).To(Equal("failing\n"), "without expectations nothing is reported")
	code, _, _ = runChild(t, "fail boom", "--expect=1", "--expect-event=boom", "--expect-event", `level:error "boom"`)
	g.Expect(code).To(Equal(7), "the exit code stays if expectations are met")
	code, _, errs = runChild(t, "fail boom", "--expect=2")
	g.Expect(code).To(Equal(7), "the exit code stays if expectations are not met")
	g.Expect(errs).To(ContainSubstring("--expect 2: 1 event arrived"))
	code, _, _ = runChild(t, "die")
	g.Expect(code).To(Equal(128+int(syscall.SIGKILL)), "as in shells")
}

func TestRunReportsUnmetExpectations(t *testing.T) {
	g := NewWithT(t)
	code, _, errs := runChild(t, "report disk full", "--expect=2", "--expect-event=level:error", "--expect-event=disk", "--fail-on=warning")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`^
fakesentry: \S+ -flag two words ended with exit code 0, and did not meet these expectations:
  --expect 2: 1 event arrived
  --expect-event 'level:error': no event matches
  --fail-on warning: 1 event arrived
What arrived, newest first:
\d\d:\d\d:\d\d  warning  disk full  \(production, raven\.go/\S+, project 1, [0-9a-f]{32}\)
$`))
	code, _, errs = runChild(t, "environment", "--expect=1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HaveSuffix(`
  --expect 1: no event arrived
Nothing arrived. Check that the program reads SENTRY_DSN and flushes its events before it ends.
`))
	code, _, _ = runChild(t, "report disk full", "--fail-on=error")
	g.Expect(code).To(BeZero(), "a warning is below error")
}

func TestRunDoesNotCountSessionsAndTransactions(t *testing.T) {
	g := NewWithT(t)
	code, _, errs := runChild(t, "transaction", "--expect=1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HaveSuffix("\n  --expect 1: no event arrived\nAlso arrived, but not as events: sessions \u00d7 2, transaction \u00d7 1\n"), "Spotlight's copies do not count twice")
	code, _, errs = runChild(t, "transaction", "--expect=0")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
}

func TestRunExpectZero(t *testing.T) {
	g := NewWithT(t)
	code, _, errs := runChild(t, "report disk full", "--expect=0")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`\n  --expect 0: 1 event arrived\nWhat arrived, newest first:\n.* disk full `))
	code, _, errs = runChild(t, "python boom", "--expect=0")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(ContainSubstring("--expect 0: 1 event arrived"))
	code, _, errs = runChild(t, "environment", "--expect=0")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
	t.Setenv("FAKESENTRY_EXPECT", "0")
	code, _, _ = runChild(t, "report disk full")
	g.Expect(code).To(Equal(1))
}

// A proxy variable would send clients away from the server, which is on
// loopback.
func TestRunExcludesItsServerFromProxies(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want string // no_proxy and NO_PROXY; empty for unchanged
	}{
		"no proxy":       {map[string]string{"NO_PROXY": "corp.test"}, ""},
		"a proxy":        {map[string]string{"HTTP_PROXY": "http://proxy.test:3128"}, "127.0.0.1,localhost,::1"},
		"in lower case":  {map[string]string{"http_proxy": "proxy.test", "no_proxy": "corp.test, 127.0.0.1"}, "corp.test,127.0.0.1,localhost,::1"},
		"for everything": {map[string]string{"all_proxy": "socks5://proxy.test", "no_proxy": "a.test", "NO_PROXY": "b.test,a.test"}, "a.test,b.test,127.0.0.1,localhost,::1"},
		"for nothing":    {map[string]string{"ALL_PROXY": "proxy.test", "NO_PROXY": "*"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			for _, variable := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"} {
				t.Setenv(variable, c.env[variable])
			}
			code, out, errs := runWith(t, transport.DefaultRegistry(), "run", "--", "env")
			g.Expect(errs).To(BeEmpty())
			g.Expect(code).To(BeZero())
			for _, variable := range []string{"no_proxy", "NO_PROXY"} {
				g.Expect(strings.Split(out, "\n")).To(ContainElement(variable + "=" + cmp.Or(c.want, c.env[variable])))
			}
		})
	}
}

func TestRunNamesTheProxyIfNothingArrives(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("HTTP_PROXY", "http://ann:topsecret@proxy.test:3128")
	code, _, errs := runChild(t, "environment", "--expect=1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HaveSuffix("\nHTTP_PROXY names the proxy proxy.test:3128. NO_PROXY excludes this server, but a client that ignores NO_PROXY sends to the proxy.\n"))
	g.Expect(errs).NotTo(ContainSubstring("secret"))
	code, _, errs = runChild(t, "report disk full", "--expect=2")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).NotTo(ContainSubstring("PROXY"), "something did arrive")
}

func TestProxyIsShownWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://proxy.test:3128/":           "proxy.test:3128",
		"proxy.test":                        "proxy.test",
		"http://ann:topsecret@proxy.test:1": "proxy.test:1",
		"ann:to/psecret@proxy.test:1":       "proxy.test:1",
		"http://ann:top@secret@[::1]:1/x":   "[::1]:1",
		"//ann:topsecret@":                  "a proxy",
	} {
		NewWithT(t).Expect(proxyHost(address)).To(Equal(want), address)
	}
}

func TestRunIgnoresSpotlightCopies(t *testing.T) {
	g := NewWithT(t)
	code, _, errs := runChild(t, "python boom", "--expect=2", "--fail-on=error")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`
  --expect 2: 1 event arrived
  --fail-on error: 1 event arrived
What arrived, newest first:
\d\d:\d\d:\d\d  error    boom  \(sentry\.python/2\.0\.0, project 1, [0-9a-f]{32}\)
$`))
	code, _, errs = runChild(t, "python boom", "--expect=1", "--expect-event=sdk:sentry.python boom")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())

	code, _, errs = runChild(t, "spotlight alone", "--expect=1")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero(), "Spotlight works without a DSN")
}

func TestRunPassesInputToTheCommand(t *testing.T) {
	g := NewWithT(t)
	t.Setenv(childJob, "echo")
	out := newUntilPrinted()
	code := run(t.Context(), []string{"run", "--", os.Args[0]}, transport.DefaultRegistry(), strings.NewReader("hello\n"), out, out)
	g.Expect(code).To(BeZero())
	g.Expect(out.String()).To(Equal("hello\n"))
}

func TestRunFailures(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--expect-event=", "--", "true"}, "fakesentry: --expect-event is empty: to accept any event, use --expect 1\n"},
		{[]string{"--expect=-1", "--", "true"}, "fakesentry: --expect is -1: it must be 0 or more\n"},
		{[]string{"--expect=0", "--expect-event=x", "--", "true"}, "fakesentry: --expect 0 and --expect-event exclude each other: one allows no event, the other requires one\n"},
		{[]string{"true", "--expect=1"}, "fakesentry: --expect comes after the command: put it before the command if it is meant for run, as in fakesentry run --expect … -- true; otherwise separate the command with --\n"},
		{nil, "fakesentry: expected \"<command> ...\"\n  fakesentry run --help shows the usage\n"},
		{[]string{"--"}, "fakesentry: run needs a command, as in fakesentry run -- make test\n"},
		{[]string{"--expect-event=lvl:x", "--", "true"}, `fakesentry: --expect-event: query "lvl:x": lvl:x: there is no field "lvl"`},
		{[]string{"--fail-on=loud", "--", "true"}, `fakesentry: --fail-on must be one of "","debug","info","warning","error","fatal" but got "loud"`},
	} {
		code, _, errs := runWith(t, transport.DefaultRegistry(), append([]string{"run"}, c.flags...)...)
		NewWithT(t).Expect(code).To(Equal(1))
		NewWithT(t).Expect(errs).To(HavePrefix(c.want))
	}
	g := NewWithT(t)
	plain := filepath.Join(t.TempDir(), "plain")
	g.Expect(os.WriteFile(plain, []byte("text"), 0o600)).To(Succeed())
	for command, want := range map[string]int{"fakesentry-absent": 127, plain + ".absent": 127, plain: 126} {
		code, _, errs := runWith(t, transport.DefaultRegistry(), "run", "--expect=1", "--", command)
		g.Expect(code).To(Equal(want), "as in shells")
		g.Expect(errs).To(HavePrefix("fakesentry: " + command + ": "))
	}
	code, _, errs := runChild(t, "signal", "--timeout=50ms")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`^fakesentry: \S+ was stopped after the timeout of 50ms\n$`))
}

func TestRunStopsTheProcessesOfTheCommand(t *testing.T) {
	g := NewWithT(t)
	r, w, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	defer r.Close()
	var errs strings.Builder
	code := run(t.Context(), []string{"run", "--timeout=200ms", "--", "sh", "-c", "sleep 1000 & wait"}, transport.DefaultRegistry(), strings.NewReader(""), w, &errs)
	g.Expect(code).To(Equal(1))
	g.Expect(errs.String()).To(Equal("fakesentry: sh was stopped after the timeout of 200ms\n"))
	g.Expect(w.Close()).To(Succeed())
	_, err = io.ReadAll(r) // ends when no process can write to it
	g.Expect(err).NotTo(HaveOccurred())
}

func TestRunHidesItsVariablesFromTheCommand(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("FAKESENTRY_TIMEOUT", "1ns")
	t.Setenv("FAKESENTRY_RUN_TIMEOUT", "1m")
	t.Setenv("FAKESENTRY_FAIL_ON", "fatal")
	code, out, errs := runWith(t, transport.DefaultRegistry(), "run", "--", "env")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero(), "FAKESENTRY_TIMEOUT is for wait only")
	g.Expect(out).NotTo(Or(ContainSubstring("FAKESENTRY_RUN_TIMEOUT"), ContainSubstring("FAKESENTRY_FAIL_ON")))
	g.Expect(out).To(ContainSubstring("FAKESENTRY_TIMEOUT=1ns"))
}

// The commands of the program use the server of run, whatever the environment
// named before.
func TestCommandsUseTheServerOfRun(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "run", "--expect=2", "--", "sh", "-c", `
		"$0" send -m first && "$0" wait 1 first && "$0" healthcheck && "$0" send -m second`, os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"=1", "FAKESENTRY_DSN=http://k@127.0.0.1:1/1", "SENTRY_DSN=http://k@127.0.0.1:1/1",
		"FAKESENTRY_SERVER=http://127.0.0.1:1", "FAKESENTRY_TENANT=absent")
	out, err := cmd.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(out))
}
