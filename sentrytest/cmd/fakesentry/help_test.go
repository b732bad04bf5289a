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
		"serve": "Run a fake Sentry until it is interrupted.", "run": "behind --", "tail": "level:>=warning tag:shard=7", "wait": "How many events.",
		"send": "- is the standard input", "open": "What a failed test has left behind", "healthcheck": "for containers", "demo": "every transport", "completion": "activate tab completion",
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
					name[1] = "run-timeout" // that of other commands is not to stop this one
				}
				if name[1] != "help" && name[1] != "version" {
					g.Expect(flat).To(ContainSubstring("$FAKESENTRY_"+strings.ToUpper(strings.ReplaceAll(name[1], "-", "_"))), "every flag can be set in the environment")
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

func TestWrongFlagsPointToTheHelpOfTheirCommand(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	code, _, errs := runWith(t, transport.DefaultRegistry(), "wait", "x")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(Equal("fakesentry: [<count>]: expected a valid 64 bit int but got \"x\"\n  fakesentry wait --help shows how it is used\n"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "serve", "--adr=:1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: unknown flag --adr, did you mean \"--addr\"?\n"))
}
