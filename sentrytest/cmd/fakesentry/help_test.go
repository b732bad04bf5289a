package main

import (
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestHelpOfEveryCommand(t *testing.T) {
	t.Parallel()
	flag := regexp.MustCompile(`(?m)^ +(?:-\w, )?(?:    )?--([a-z-]+)`)
	for command, says := range map[string]string{
		"serve": "Run a fake Sentry until it is interrupted.", "run": "after --", "tail": "tag:shard=7 text", "wait": "Number of events.",
		"send": "- is standard input", "open": "a failed test", "healthcheck": "for containers", "demo": "every transport", "completion": "activate tab completion",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			code, out, errs := runWith(t, transport.DefaultRegistry(), command, "--help")
			g.Expect(code).To(BeZero())
			g.Expect(errs).To(BeEmpty())
			g.Expect(out).To(ContainSubstring(says))
			flat := strings.Join(strings.Fields(out), "")
			for _, name := range flag.FindAllStringSubmatch(out, -1) {
				if name[1] == "timeout" && command == "run" {
					name[1] = "run-timeout" // FAKESENTRY_TIMEOUT is the variable of other commands
				}
				if name[1] != "help" && name[1] != "version" {
					g.Expect(flat).To(ContainSubstring("$FAKESENTRY_"+strings.ToUpper(strings.ReplaceAll(name[1], "-", "_"))), "each flag has an environment variable")
				}
			}
		})
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, out, _ := runWith(t, transport.DefaultRegistry(), "completion", "-c", shell)
		g.Expect(code).To(BeZero())
		g.Expect(out).To(ContainSubstring("fakesentry"))
	}
}

func TestUsageErrorsNameTheHelpOfTheCommand(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	code, _, errs := runWith(t, transport.DefaultRegistry(), "wait", "x")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(Equal("fakesentry: [<count>]: expected a valid 64 bit int but got \"x\"\n  fakesentry wait --help shows the usage\n"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "serve", "--adr=:1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: unknown flag --adr, did you mean \"--addr\"?\n"))
}
