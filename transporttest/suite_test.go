package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// host is a T without subtests, like Ginkgo's.
type host struct {
	transporttest.T
	errs, logs []string
}

func (h *host) Helper()                        {}
func (h *host) Errorf(format string, a ...any) { h.errs = append(h.errs, fmt.Sprintf(format, a...)) }

func (h *host) Logf(format string, a ...any) { h.logs = append(h.logs, fmt.Sprintf(format, a...)) }

func (h *host) Fatalf(format string, a ...any) {
	h.Errorf(format, a...)
	runtime.Goexit()
}

// onHost runs f on a goroutine that may end.
func onHost(t *testing.T, f func(h *host)) *host {
	h := &host{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(h)
	}()
	<-done
	return h
}

// lame fails every Send at once, with the wrong error.
type lame struct{}

func (lame) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	return nil, errors.New("lame")
}
func (lame) Close(context.Context) error { return nil }

func openLame(*transport.DSN, transport.Env) (transport.Transport, error) { return lame{}, nil }

func TestTestReportsEverythingToAHostWithoutSubtests(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := onHost(t, func(h *host) {
		transporttest.Test(h, transporttest.Harness{Open: openLame, Patience: 50 * time.Millisecond})
	})
	g.Expect(h.errs).To(HaveLen(1), "Ginkgo stops at the first")
	g.Expect(h.errs[0]).To(MatchRegexp(`^\d+ of \d+ cases failed:`))
	g.Expect(h.errs[0]).To(ContainSubstring(`Delivers (over http): Send: want a response`))
	g.Expect(h.errs[0]).To(ContainSubstring("the rule: A 2xx answer is a Response."))
}

func TestTestPassesOnAHostWithoutSubtests(t *testing.T) {
	t.Parallel()
	h := onHost(t, func(h *host) {
		transporttest.Test(h, transporttest.Harness{Scheme: "sync"})
	})
	NewWithT(t).Expect(h.errs).To(BeEmpty())
}

func TestSkip(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	skips := transporttest.Harness{Open: openLame, Patience: time.Second, Skip: map[string]string{}}
	for _, c := range transporttest.Cases() {
		skips.Skip[c.Name] = "it is lame"
	}
	g.Expect(transporttest.Check(t.Context(), skips)).To(BeEmpty())

	skips.Skip["Nonsense"] = "it was renamed"
	failures := transporttest.Check(t.Context(), skips)
	g.Expect(failures).To(HaveLen(1))
	g.Expect(failures).To(HaveKeyWithValue("Nonsense", MatchError(`the harness skips the case "Nonsense", which does not exist`)))

	h := onHost(t, func(h *host) { transporttest.Test(h, skips) })
	g.Expect(h.errs).To(ConsistOf(`the harness skips the case "Nonsense", which does not exist`))
	h = onHost(t, func(h *host) { transporttest.Cases()[0].Run(h, skips) })
	g.Expect(h.errs).To(ConsistOf(ContainSubstring("skips cases that do not exist: Nonsense")))

	delete(skips.Skip, "Nonsense")
	h = onHost(t, func(h *host) { transporttest.Cases()[0].Run(h, skips) })
	g.Expect(h.errs).To(BeEmpty())
	g.Expect(h.logs).To(ConsistOf(HaveSuffix(": skipped: it is lame")))
}

func TestCasesThatDoNotApplyHaveAReason(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	why := func(h transporttest.Harness) string {
		for _, c := range transporttest.Cases() {
			if c.Name == "OnceEvicted" {
				_, why := c.Applies(h)
				return why
			}
		}
		return "there is no such case"
	}
	g.Expect(why(transporttest.Harness{Scheme: "threaded"})).To(BeEmpty())
	g.Expect(why(transporttest.Harness{Scheme: "sync"})).To(ContainSubstring("no AsyncTransport"))
	g.Expect(why(transporttest.Harness{Scheme: "spawn"})).To(ContainSubstring("no queue"))
}

func TestATransportThatCanNotBeOpenedFails(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	unknown := transporttest.Check(t.Context(), transporttest.Harness{Scheme: "nonsense", Network: new(transporttest.Network)})
	g.Expect(unknown).To(HaveLen(len(transporttest.Cases())))
	g.Expect(unknown["Delivers"]).To(MatchError(ContainSubstring(`no driver for "nonsense+http" or "nonsense+https"`)))

	broken := transporttest.Check(t.Context(), transporttest.Harness{Open: func(*transport.DSN, transport.Env) (transport.Transport, error) {
		return nil, errors.New("no luck")
	}})
	g.Expect(broken["Delivers"]).To(MatchError(ContainSubstring("can't be opened: no luck")))
	g.Expect(broken["OnceEvicted"]).To(MatchError(ContainSubstring("can't be opened: no luck")))
}

func TestATransportThatPanicsFails(t *testing.T) {
	t.Parallel()
	failures := transporttest.Check(t.Context(), transporttest.Harness{Open: func(*transport.DSN, transport.Env) (transport.Transport, error) {
		panic("boom")
	}, Skip: map[string]string{}})
	NewWithT(t).Expect(failures["Delivers"]).To(MatchError(ContainSubstring("panic: boom")))
}

func TestCheckEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	failures := transporttest.Check(ctx, transporttest.Harness{Scheme: "sync"})
	g.Expect(failures).To(HaveLen(len(transporttest.Cases())))
	g.Expect(failures["Delivers"]).To(MatchError("enough"))
}

func TestAHarnessWithARegistryOfItsOwn(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r := transport.NewRegistry()
	g.Expect(r.RegisterFunc("mine+http", openLame)).To(Succeed())
	h := transporttest.Harness{Scheme: "mine", Registry: r, Patience: 50 * time.Millisecond}
	for _, c := range transporttest.Cases() {
		ok, why := c.Applies(h)
		if c.Name == "TLSVerified" {
			g.Expect(ok).To(BeFalse())
			g.Expect(why).To(ContainSubstring("no https scheme"))
		}
	}
}

// contract maps the beginning of each rule in the interfaces' comments to the
// cases that check it.
var contract = map[string]string{
	"It returns when the server has answered completely,": "AnswerTimeout BodyTimeout ConnectTimeout ContextEnds",
	"A 2xx answer is a Response":                          "Delivers Refusals RateLimited BrokenConnection AfterClose",
	"Redirects are errors":                                "Redirects",
	"A packet under a rate limit of an earlier answer":    "HeldAfter429 HeldByCategory",
	"The packet is only read, and not kept.":              "PacketUnchanged PacketNotKept",
	"After Close it returns ErrClosed.":                   "AfterClose",
	"It waits for the running sends until ctx ends":       "CloseWaits CloseGivesUp NoGoroutineLeft NoSocketLeft",
	"It returns nil, or an *UndeliveredError":             "CloseGivesUp CloseRepeated OnceAbandoned CallbackBlocks",
	"It may be called again and concurrently":             "CloseRepeated CloseTogether",
	"done runs exactly once for every packet":             "OnceDelivered OnceRefused OnceAfterClose CallbackNil CallbackSends",
	"ctx limits admission only":                           "AdmissionContext QueueBlocks PoolBlocks",
	"A refused packet gets an error that wraps":           "OnceEvicted OnceAfterClose QueueBlocks",
	"A panic in done is logged":                           "CallbackPanics",
	"It returns nil then":                                 "FlushPending FlushWaits",
	"Packets accepted after the call don't prolong it.":   "FlushUnderLoad",
	"It may be called often":                              "FlushRepeated",
	"It delivers the accepted packets until ctx ends":     "CloseDrains ShutdownTimeout OnceAbandoned",
	"It waits for every goroutine":                        "NoGoroutineLeft NoSocketLeft",

	"An attempt is repeated after":                   "HoldRepeats HoldHandshake HoldInternal OnceHeld OnceReset",
	"A packet waits n² seconds after":                "HoldWaits HoldRetryAfter HoldHalves",
	"The transport pauses as a whole after":          "PauseAfterDial PauseAfterRetryAfter PauseAfterTwo PauseProbes PauseEnds PauseGrows HoldHandshake HoldRefusals",
	"400, 413 and 422 lose their packet":             "HoldRefusals OnceRefused",
	"A packet that has failed five times":            "HoldPoison HoldHour",
	"While a rate limit is in force":                 "HoldLimits HoldLimitsHour HeldByCategory",
	"Flush shortens a pause":                         "HoldFlush PauseAfterRetryAfter HoldLimits",
	"With overflow=block, a packet is refused":       "PauseRefuses",
	"With workers=1, packets keep their order":       "HoldOrder",
	"Send is one attempt":                            "PauseSend",
	"A Holder that pauses makes one attempt at once": "HoldCloseProbes HoldCloseWaits HoldCloseDrains OnceUntrusted",
	"A packet of CategoryInternal is tried once":     "HoldReports",
	"An attempt that is made more than a minute":     "HoldSentAt",
}

func TestEveryRuleHasCases(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, c := range transporttest.Cases() {
		if names[c.Name] || c.Rule == "" {
			t.Errorf("the case %s exists twice, or has no rule", c.Name)
		}
		names[c.Name] = true
	}
	found := make(map[string]bool)
	for _, file := range []string{"../transport/transport.gen.go", "../transport/asynctransport.gen.go", "../transport/hold.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t?//   - (.*)$`).FindAllStringSubmatch(string(source), -1) {
			rule := strings.NewReplacer("[", "", "]", "").Replace(m[1])
			begin := ""
			for b := range contract {
				if strings.HasPrefix(rule, b) || strings.HasPrefix(b, rule) {
					begin = b
				}
			}
			if begin == "" {
				t.Errorf("%s has a rule without a case: %s", file, rule)
			}
			found[begin] = true
		}
	}
	for begin, cases := range contract {
		if !found[begin] {
			t.Errorf("the interfaces have no rule that begins with %q", begin)
		}
		for name := range strings.FieldsSeq(cases) {
			if !names[name] {
				t.Errorf("the case %[2]s of the rule %[1]q does not exist", begin, name)
			}
		}
	}
}
