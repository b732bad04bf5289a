package sentrytest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// sendAll sends something of each kind.
func sendAll(t *testing.T, srv *sentrytest.Server) {
	t.Helper()
	srv.Script(sentrytest.OK().Times(4), sentrytest.Status(429).RetryAfter("30"))
	store(t, srv, `{"message":"<script>alert(1)</script>","tags":{"a":1}}`)
	store(t, srv, compress(t, []byte(message("packed")), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), "Content-Encoding: gzip")
	envelope(t, srv, "{\"event_id\":\""+vectorID+"\"}\n{\"type\":\"event\"}\n"+message("in an envelope")+"\n{\"type\":\"attachment\",\"filename\":\"a\"}\n\xff\xfe")
	store(t, srv, "nonsense!")
	store(t, srv, message("too many"))
	send(t, srv, "GET", "/nowhere?x=1", "")
}

// What was written can be read again, to the last field.
func TestArtifactRoundTrip(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	sendAll(t, srv)
	var file bytes.Buffer
	g.Expect(srv.WriteArtifact(&file)).To(Succeed())
	a, err := sentrytest.ReadArtifact(bytes.NewReader(file.Bytes()))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(a.Test).To(Equal(t.Name()))
	g.Expect(a.Server).To(Equal(srv.URL()))
	g.Expect(asJSON(t, a.Requests())).To(Equal(asJSON(t, srv.Requests())))
	g.Expect(asJSON(t, a.Events())).To(Equal(asJSON(t, srv.Events())))
	g.Expect(asJSON(t, a.Envelopes())).To(Equal(asJSON(t, srv.Envelopes())))
	g.Expect(asJSON(t, a.Rejected())).To(Equal(asJSON(t, srv.Rejected())))
	g.Expect(a.Events()).To(HaveLen(3))
	sentrytest.RequireEvent(t, a, sentrytest.HasMessage("packed"))

	lines := strings.Split(strings.TrimSpace(file.String()), "\n")
	g.Expect(lines).To(HaveLen(7))
	g.Expect(lines[0]).To(HavePrefix(`{"type":"sentrytest","version":1,"test":"TestArtifactRoundTrip","server":"http://`))
	g.Expect(lines[1]).To(HavePrefix(`{"type":"request","id":1,"connection":1,"time":"`))
	g.Expect(lines[1]).To(ContainSubstring(`"body":"{\"message\":\"<script>alert(1)</script>\",\"tags\":{\"a\":1}}","answer":{"status":200,`))
	g.Expect(lines[2]).To(ContainSubstring(`"body_base64":"`))
	g.Expect(lines[3]).To(ContainSubstring(`"accepted":true,"event_id":"` + vectorID + `"}`))
	g.Expect(lines[4]).To(ContainSubstring(`"accepted":false,"rejection":{"status":400,"reason":"invalid request body","causes":[`))
	g.Expect(lines[5]).To(ContainSubstring(`"step":"Status(429).RetryAfter(\"30\")"},"accepted":false}`))
}

// So can what the server has made of reports and uploads.
func TestArtifactOfWhatWasMade(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	send(t, srv, "POST", securityPath, `[{"type":"csp-violation","body":{}},7,{"type":"csp-violation","body":{}}]`, "Content-Type: application/reports+json")
	send(t, srv, "POST", minidumpPath, "MDMP\xff", "Content-Type: application/x-dmp")
	var file bytes.Buffer
	g.Expect(srv.WriteArtifact(&file)).To(Succeed())
	a, err := sentrytest.ReadArtifact(&file)
	g.Expect(err).NotTo(HaveOccurred())
	ids := func(events []sentrytest.Event) (out []string) {
		for _, e := range events {
			out = append(out, e.EventID)
		}
		return out
	}
	g.Expect(ids(a.Events())).To(Equal(ids(srv.Events())))
	g.Expect(asJSON(t, a.Envelopes())).To(Equal(asJSON(t, srv.Envelopes())))
	g.Expect(asJSON(t, a.Rejected())).To(Equal(asJSON(t, srv.Rejected())))
}

// asJSON compares times as instants, which reflect.DeepEqual does not.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`("Time":"[^"]*)([+-]\d\d:\d\d|Z)"`).ReplaceAllString(string(raw), `$1"`)
}

func TestReadArtifactErrors(t *testing.T) {
	t.Parallel()
	const head = `{"type":"sentrytest","version":1,"server":"http://h","dropped":2}` + "\n"
	cases := map[string]string{
		"":                                  "sentrytest: no artifact: EOF",
		"x":                                 "sentrytest: no artifact: invalid character 'x' looking for beginning of value",
		`{"type":"sentrytest","version":2}`: `sentrytest: no artifact of version 1: the first line is of type "sentrytest", version 2`,
		`{"message":"m"}`:                   `sentrytest: no artifact of version 1: the first line is of type "", version 0`,
		head + `{"type":"request"`:          "sentrytest: line 2 of the artifact: unexpected EOF",
	}
	for text, want := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			_, err := sentrytest.ReadArtifact(strings.NewReader(text))
			g.Expect(err).To(MatchError(want))
		})
	}
	g := NewWithT(t)
	a, err := sentrytest.ReadArtifact(strings.NewReader(head + `{"type":"from the future"}` + "\n" + `{"type":"request","id":3,"new":1}` + "\n{"))
	g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue())
	g.Expect(a.Requests()).To(HaveLen(1), "what precedes the break is there")
	g.Expect(a.Dropped).To(Equal(2))
}

// The rules of the server decide what it accepts and whose key counts. The file
// does not have them.
func TestArtifactOfServersThatDiffer(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]sentrytest.Rules{
		"the default": {}, "Relay": sentrytest.RelayRules(), "Bugsink": sentrytest.BugsinkRules(), "GlitchTip": sentrytest.GlitchTipRules(),
		"blank lines": {TolerateBlankLines: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.Differ(rules))
			const key = "?sentry_key=" + fullKey
			for _, dsn := range []string{"http://inner@h/2", "http://" + fullKey + "@h/2", "http://" + fullKey + "@h/1"} {
				envelope := `{"event_id":"` + vectorID + `","dsn":"` + dsn + `"}` + "\n" + `{"type":"event"}` + "\n{}"
				send(t, srv, "POST", envelopePath+key, envelope)
				send(t, srv, "POST", envelopePath+key, envelope+"\n\n")
				send(t, srv, "POST", envelopePath+key, envelope, authLine)
			}
			send(t, srv, "POST", storePath+key, vectorJSON, authLine)
			send(t, srv, "POST", storePath+key, vectorJSON)
			var file bytes.Buffer
			g.Expect(srv.WriteArtifact(&file)).To(Succeed())
			a, err := sentrytest.ReadArtifact(&file)
			g.Expect(err).NotTo(HaveOccurred())
			keys := func(events []sentrytest.Event) (all []string) {
				for _, e := range events {
					all = append(all, fmt.Sprint(e.Received.ID, " ", e.Received.PublicKey))
				}
				return all
			}
			g.Expect(srv.Events()).NotTo(BeEmpty())
			g.Expect(keys(a.Events())).To(Equal(keys(srv.Events())))
			g.Expect(asJSON(t, a.Rejected())).To(Equal(asJSON(t, srv.Rejected())))
		})
	}
}

// failing runs a test with a server that has received something, and returns
// its log.
func failing(t *testing.T, host func(*fakeTB) sentrytest.TB) string {
	t.Helper()
	_, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(host(tb))
		sendAll(t, srv)
		tb.Errorf("failed")
	})
	return logs
}

var artifactLog = regexp.MustCompile(`sentrytest: what http://[^ ]+ received is in\n    (.*\.html)\n    (.*\.jsonl)`)

func TestFailedTestLeavesArtifacts(t *testing.T) {
	g := NewWithT(t)
	dir := filepath.Join(t.TempDir(), "made on demand")
	t.Setenv("SENTRYTEST_ARTIFACTS", dir)
	named := func(tb *fakeTB) sentrytest.TB { return namedTB{tb, "TestX/a case"} }
	logs := failing(t, named)
	g.Expect(artifactLog.FindStringSubmatch(logs)[1:]).To(Equal([]string{filepath.Join(dir, "TestX_a_case.html"), filepath.Join(dir, "TestX_a_case.jsonl")}))
	g.Expect(artifactLog.FindStringSubmatch(failing(t, named))[2]).To(Equal(filepath.Join(dir, "TestX_a_case-2.jsonl")), "nothing is overwritten")

	f, err := os.Open(filepath.Join(dir, "TestX_a_case.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	defer f.Close()
	a, err := sentrytest.ReadArtifact(f)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(a.Requests()).To(HaveLen(6))

	raw, err := os.ReadFile(filepath.Join(dir, "TestX_a_case.html"))
	g.Expect(err).NotTo(HaveOccurred())
	page := string(raw)
	g.Expect(page).To(ContainSubstring("<title>TestX/a case: what the fake Sentry received</title>"))
	g.Expect(page).NotTo(ContainSubstring("<script"), "what was received is text")
	g.Expect(page).NotTo(MatchRegexp(`(?i)(src|href)=`), "the page needs nothing but itself")
	g.Expect(page).To(ContainSubstring("6 requests, 3 events, 2 refused"))
	g.Expect(page).To(ContainSubstring(`<b class="scripted">scripted</b>`))
	g.Expect(page).To(ContainSubstring(`not found: no such endpoint: /nowhere`))
	g.Expect(page).To(ContainSubstring("bytes that are not text"))
}

// keeping is a test with an artifact folder.
type keeping struct {
	*fakeTB
	dir string
}

func (k keeping) ArtifactDir() string { return k.dir }

func TestWhereArtifactsGo(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("SENTRYTEST_ARTIFACTS", "")
	t.Setenv("TMPDIR", t.TempDir())
	plain := failing(t, func(tb *fakeTB) sentrytest.TB { return tb })
	g.Expect(artifactLog.FindStringSubmatch(plain)[2]).To(MatchRegexp(`sentrytest-artifacts-\d+.sentrytest\.jsonl$`))

	// This test runs without the flag that keeps what ArtifactDir has; its
	// folder would be gone with the test.
	own := t.TempDir()
	logs := failing(t, func(tb *fakeTB) sentrytest.TB { return keeping{tb, own} })
	kept := filepath.Dir(artifactLog.FindStringSubmatch(logs)[2]) == own
	g.Expect(kept).To(Equal(flagIsSet("test.artifacts")))

	file := filepath.Join(own, "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	t.Setenv("SENTRYTEST_ARTIFACTS", file)
	logs = failing(t, func(tb *fakeTB) sentrytest.TB { return tb })
	g.Expect(logs).To(MatchRegexp(`sentrytest: what http://[^ ]+ received could not be saved: mkdir .*file: not a directory`))
}

// A test that received nothing has nothing to keep, and one that passes keeps
// nothing.
func TestNoArtifacts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, logs := run(t, func(tb *fakeTB) {
		sentrytest.NewServer(tb)
		tb.Errorf("failed")
	})
	g.Expect(logs).NotTo(ContainSubstring("received is in"))
	_, logs = run(t, func(tb *fakeTB) { store(t, sentrytest.NewServer(tb), message("m")) })
	g.Expect(logs).To(BeEmpty())
}

func TestTenantsArtifact(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t)
	reportTo(t, srv, srv.DSN(), message("the server's"))
	var file bytes.Buffer
	_, logs := run(t, func(tb *fakeTB) {
		tenant := srv.Tenant(tb)
		reportTo(t, srv, tenant.DSN(), message("the tenant's"))
		g.Expect(tenant.WriteArtifact(&file)).To(Succeed())
		tb.Errorf("failed")
	})
	g.Expect(logs).To(MatchRegexp(artifactLog.String()))
	a, err := sentrytest.ReadArtifact(&file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(messages(a.Events())).To(Equal([]string{"the tenant's"}))
	g.Expect(srv.WriteArtifact(brokenWriter{})).To(MatchError("disk full"))
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
