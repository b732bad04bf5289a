package ravenkit_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// serving starts the program and returns it with its DSN.
func serving(program string, args ...string) (*exec.Cmd, string) {
	GinkgoHelper()
	cmd := exec.Command(program, append([]string{"serve", "--addr=127.0.0.1:0", "--format=json"}, args...)...)
	errs, err := cmd.StderrPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(cmd.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = cmd.Process.Kill() // it may have ended already
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(errs)
	for lines.Scan() {
		if dsn, ok := strings.CutPrefix(lines.Text(), "DSN "); ok {
			return cmd, strings.TrimSpace(dsn)
		}
	}
	Fail("fakesentry serve ended without a DSN")
	return nil, ""
}

var _ = Describe("fakesentry", Ordered, func() {
	var program string

	BeforeAll(func(ctx SpecContext) {
		program = filepath.Join(GinkgoT().TempDir(), "fakesentry")
		build := exec.CommandContext(ctx, "go", "build", "-o", program, "./sentrytest/cmd/fakesentry")
		// The program is a module of its own.
		build.Env = append(os.Environ(), "GOWORK=")
		out, err := build.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
	})

	It("loses no acknowledged event when it is killed", func(ctx SpecContext) {
		file := filepath.Join(GinkgoT().TempDir(), "events.db")
		acknowledged := map[string]bool{}
		for round := range 4 {
			cmd, dsn := serving(program, "--store", file)
			var mu sync.Mutex
			var senders sync.WaitGroup
			enough := make(chan struct{})
			fresh := 0
			for range 4 {
				senders.Go(func() {
					defer GinkgoRecover()
					client, err := raven.New("sync+" + dsn + "?timeout=60")
					Expect(err).NotTo(HaveOccurred())
					defer client.Close(context.Background())
					for {
						id, err := client.Deliver(ctx, &raven.Event{Message: fmt.Sprint("round ", round)})
						if err != nil {
							return // the program was killed
						}
						mu.Lock()
						acknowledged[id] = true
						if fresh++; fresh == 40*(round+1) {
							close(enough)
						}
						mu.Unlock()
					}
				})
			}
			Eventually(ctx, enough).Should(BeClosed())
			// This is SIGKILL, during the burst.
			Expect(cmd.Process.Kill()).To(Succeed())
			senders.Wait()
			_ = cmd.Wait() // returns that it was killed
		}
		_, dsn := serving(program, "--store", file)
		client, err := fakesentryclient.New(dsn)
		Expect(err).NotTo(HaveOccurred())
		for e, err := range client.AllEvents(ctx, fakesentryclient.Filter{Limit: 1000}) {
			Expect(err).NotTo(HaveOccurred())
			delete(acknowledged, e.EventID)
		}
		Expect(acknowledged).To(BeEmpty())
	}, NodeTimeout(5*time.Minute))

	It("fails if a command does not report", func(ctx SpecContext) {
		out, err := exec.CommandContext(ctx, program, "run", "--expect=1", "--", program, "send", "-m", "from a command").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		out, err = exec.CommandContext(ctx, program, "run", "--expect=2", "--", program, "send", "-m", "from a command").CombinedOutput()
		Expect(err).To(MatchError("exit status 1"))
		Expect(string(out)).To(And(ContainSubstring("--expect 2: 1 event arrived"), ContainSubstring("from a command")))
	}, NodeTimeout(time.Minute))
})
