//go:build unix

package main

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// running is the program in another process.
type running struct {
	cmd       *exec.Cmd
	out, errs *untilPrinted
}

func launch(t *testing.T, job string, args ...string) running {
	t.Helper()
	r := running{cmd: program(t, job, args...), out: newUntilPrinted(), errs: newUntilPrinted()}
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.errs
	NewWithT(t).Expect(r.cmd.Start()).To(Succeed())
	return r
}

func (r running) signal(t *testing.T, s os.Signal) {
	t.Helper()
	NewWithT(t).Expect(r.cmd.Process.Signal(s)).To(Succeed())
}

// wait returns the exit code.
func (r running) wait(t *testing.T) int {
	t.Helper()
	err := r.cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

func TestRunPassesSignalsToTheCommand(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r := launch(t, "signal till TERM", "run", "--expect=1", "--", os.Args[0])
	r.out.match(t, "^ready\n")
	want := "ready\n"
	// The command survives an interrupt; run passes later signals to it too.
	signals := []syscall.Signal{
		syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGUSR1, syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM,
	}
	if signal.Ignored(syscall.SIGHUP) { // run keeps ignoring SIGHUP, as under nohup
		signals = signals[1:]
	}
	for _, s := range signals {
		r.signal(t, s)
		want += "got " + s.String() + "\n"
		r.out.match(t, "^"+want+"$")
	}
	g.Expect(r.wait(t)).To(Equal(3), "the exit code of the command")
	g.Expect(r.out.String()).To(Equal(want))
	g.Expect(r.errs.String()).To(BeEmpty(), "an interrupt explains the missing events")
}

func TestOtherSignalsAreNoInterrupt(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cmd := program(t, "signal", "run", "--expect=1", "--", "sh", "-c", "trap 'exit 0' USR1; echo ready; while :; do sleep 0.01; done")
	r := running{cmd: cmd, out: newUntilPrinted(), errs: newUntilPrinted()}
	cmd.Stdout, cmd.Stderr = r.out, r.errs
	g.Expect(cmd.Start()).To(Succeed())
	r.out.match(t, "ready\n")
	r.signal(t, syscall.SIGUSR1)
	g.Expect(r.wait(t)).To(Equal(1))
	g.Expect(r.errs.String()).To(ContainSubstring("--expect 1: no event arrived"))
}

// Under nohup SIGHUP is ignored. The program must not change that.
func TestRunKeepsSIGHUPIgnored(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP; exec "$0" run -- sh -c 'echo ready; kill -HUP $$ $PPID; echo alive'`, os.Args[0])
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(out)).To(Equal("ready\nalive\n"))
}

func TestServeContinuesWithoutReader(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"human", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			reader, writer, err := os.Pipe()
			g.Expect(err).NotTo(HaveOccurred())
			s := running{cmd: program(t, "", "serve", "--addr=127.0.0.1:0", "--format="+format, "--store="+t.TempDir()+"/events.db"), errs: newUntilPrinted()}
			s.cmd.Stdout, s.cmd.Stderr = writer, s.errs
			g.Expect(s.cmd.Start()).To(Succeed())
			g.Expect(writer.Close()).To(Succeed())
			var url string
			if format == "json" {
				url = s.errs.match(t, `Page +(\S+)/\n`)[0]
			} else {
				lines := bufio.NewReader(reader)
				for !strings.HasPrefix(url, "Page") {
					url, err = lines.ReadString('\n')
					g.Expect(err).NotTo(HaveOccurred())
				}
				url = strings.TrimSuffix(strings.Fields(url)[1], "/")
			}
			g.Expect(reader.Close()).To(Succeed())
			for range 3 {
				g.Expect(post(t, http.DefaultClient, url, `{"message":"unread"}`)).To(Equal(200))
			}
			s.errs.match(t, `fakesentry: standard output has no reader any more: the server continues, but prints no events\n$`)
			code, out, _ := runWith(t, transport.DefaultRegistry(), "wait", "3", "--server", url)
			g.Expect(code).To(BeZero())
			g.Expect(strings.Count(out, "unread")).To(Equal(3))
			s.signal(t, syscall.SIGTERM)
			g.Expect(s.wait(t)).To(BeZero())
			g.Expect(strings.Count(s.errs.String(), "has no reader")).To(Equal(1))
		})
	}
	http.DefaultClient.CloseIdleConnections()
}

// The commands besides serve end when their output has no reader, as usual.
func TestTailEndsWithItsReader(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"unread"}`)).To(Equal(200))
	reader, writer, err := os.Pipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reader.Close()).To(Succeed())
	tail := program(t, "", "tail", "--all", "--server", s.url(t))
	tail.Stdout = writer
	g.Expect(tail.Start()).To(Succeed())
	g.Expect(writer.Close()).To(Succeed())
	g.Expect(tail.Wait()).To(MatchError("signal: broken pipe"))
	http.DefaultClient.CloseIdleConnections()
}
