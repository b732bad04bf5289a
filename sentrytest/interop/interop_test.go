package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// asScripted is what the fake has after a scenario without mistakes.
func asScripted(t *testing.T) arrived {
	t.Helper()
	var a arrived
	const common = `"breadcrumbs":[{"category":"auth","message":"signed in","data":{"method":"key"}}],` +
		`"user":{"id":"42","email":"ada@example.com"},"tags":{"shard":"7"},"release":"interop@1.2.3","environment":"interop"`
	for _, raw := range []string{
		`{"level":"error","exception":[{"type":"A","value":"inner failure"},{"type":"B","value":"outer failure",` +
			`"stacktrace":{"frames":[{"function":"f"}]}}],` + common + `}`,
		`{"level":"warning","message":"scenario message",` + common + `}`,
	} {
		e, err := sentrytest.ParseEvent([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		a.events = append(a.events, e)
	}
	env, err := sentrytest.ParseEnvelope([]byte("{}\n" +
		`{"type":"attachment"}` + "\nhello attachment\n" +
		`{"type":"session"}` + "\n" + `{"status":"ok","attrs":{"release":"interop@1.2.3"}}` + "\n" +
		`{"type":"session"}` + "\n" + `{"status":"exited","attrs":{"release":"interop@1.2.3"}}` + "\n" +
		`{"type":"check_in"}` + "\n" + `{"monitor_slug":"nightly","status":"ok","duration":1.5}` + "\n" +
		`{"type":"log"}` + "\n" + `{"items":[{"body":"scenario log","level":"info"}]}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	a.envelopes = append(a.envelopes, env)
	return a
}

func TestEachFeatureIsFound(t *testing.T) {
	t.Parallel()
	for _, f := range features {
		NewWithT(t).Expect(f.check(asScripted(t))).To(Succeed(), f.name)
	}
}

func TestWarningsAreNoticed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	a := asScripted(t)
	a.envelopes = nil // it is no log that an SDK sends
	g.Expect(a.strict()).To(Succeed())
	e, err := sentrytest.ParseEvent([]byte(`{"level":"loud"}`))
	g.Expect(err).NotTo(HaveOccurred())
	a.events = append(a.events, e)
	g.Expect(a.strict()).To(MatchError(ContainSubstring("level")))
}

// A check that never fails would make a table in which every cell is yes.
func TestEachMissingFeatureIsNoticed(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*arrived){
		exceptionChain: func(a *arrived) { a.events[0].Exceptions = a.events[0].Exceptions[1:] },
		message:        func(a *arrived) { a.events[1].Level = "error" },
		breadcrumb:     func(a *arrived) { a.events[0].Breadcrumbs[0].Category = "" },
		user:           func(a *arrived) { a.events[1].User.Email = "" },
		tag:            func(a *arrived) { a.events[0].Tags = nil },
		release:        func(a *arrived) { a.events[1].Environment = "" },
		attachment:     func(a *arrived) { a.envelopes[0].Items[0].Payload = []byte("hello") },
		session:        func(a *arrived) { a.envelopes[0].Items[2].Payload = []byte(`{"status":"ok"}`) },
		checkIn:        func(a *arrived) { a.envelopes[0].Items[3].Payload = []byte(`{"monitor_slug":"nightly"}`) },
		logRecord:      func(a *arrived) { a.envelopes[0].Items[4].Payload = []byte(`{"items":[]}`) },
	} {
		a := asScripted(t)
		spoil(&a)
		for _, f := range features {
			if err := f.check(a); (err == nil) == (f.name == name) {
				t.Errorf("with a wrong %s, %s: %v", name, f.name, err)
			}
		}
	}
	var nothing arrived
	for _, f := range features {
		if f.check(nothing) == nil {
			t.Errorf("%s is found although nothing arrived", f.name)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	fine := result{sdk: &sdk{title: "A", version: "1", lacks: []string{session}}, missing: map[string]error{}}
	short := result{sdk: &sdk{title: "B", version: "2"}, missing: map[string]error{logRecord: io.EOF}}
	out := result{sdk: &sdk{title: "C", version: "3"}, leftOut: "cargo is not installed"}
	var b bytes.Buffer
	printTable(&b, []result{fine, short, out})
	g.Expect(b.String()).To(MatchRegexp(`(?m)^A\s+1\s+(yes\s+){7}–\s+yes\s+yes$`))
	g.Expect(b.String()).To(MatchRegexp(`(?m)^B\s+2\s+(yes\s+){9}MISSING$`))
	g.Expect(b.String()).To(HaveSuffix("\nLEFT OUT: C 3: cargo is not installed\n"))
	g.Expect(verdict([]result{fine, out})).To(Succeed())
	g.Expect(verdict([]result{fine, short})).To(MatchError("B: log: EOF"))

	doc := filepath.Join(t.TempDir(), "README.md")
	g.Expect(os.WriteFile(doc, []byte("before\n"+beginMarker+"old\n"+endMarker+"\nafter\n"), 0o600)).To(Succeed())
	g.Expect(updateTable(doc, []result{fine})).To(Succeed())
	updated, err := os.ReadFile(doc)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(updated)).To(And(HavePrefix("before\n"+beginMarker+"| SDK |"), HaveSuffix("|\n"+endMarker+"\nafter\n"),
		ContainSubstring("\n| A | 1 | yes |"), Not(ContainSubstring("old"))))
	g.Expect(updateTable(doc, []result{out})).To(MatchError(ContainSubstring("C was left out, because cargo is not installed")))
	g.Expect(os.WriteFile(doc, []byte("no markers"), 0o600)).To(Succeed())
	g.Expect(updateTable(doc, []result{fine})).To(MatchError(ContainSubstring("has no place for the table")))
}

func TestChoose(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	all, err := choose(nil)
	g.Expect(all, err).To(HaveLen(len(sdks)))
	one, err := choose([]string{"node"})
	g.Expect(one, err).To(HaveLen(1))
	_, err = choose([]string{"cobol"})
	g.Expect(err).To(MatchError(ContainSubstring(`there is no SDK "cobol": use one of ravenkit, sentrygo, python`)))
	g.Expect((&sdk{tools: []string{"go", "no-such-tool"}}).missing()).To(Equal("no-such-tool"))
}

// The table names the versions that are installed, including those in files of
// the scenarios.
func TestVersionsAgree(t *testing.T) {
	t.Parallel()
	for file, sdk := range map[string]string{"rust/Cargo.toml": "rust", "sentrygo/go.mod": "sentrygo"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		chosen, _ := choose([]string{sdk})
		if !regexp.MustCompile(`(sentry = .*"=|sentry-go v)` + regexp.QuoteMeta(chosen[0].version) + `\b`).Match(text) {
			t.Errorf("%s does not name %s", file, chosen[0].version)
		}
	}
	for _, s := range sdks {
		for _, c := range s.install {
			line := strings.Join(c.args, " ")
			if strings.Contains(line, s.version) || s.name == "rust" || s.name == "sentrygo" || c.args[0] == "javac" {
				continue
			}
			t.Errorf("%s does not name %s", line, s.version)
		}
	}
}
