package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestForward(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	target := sentrytest.NewServer(t)
	s := serve(t, "--forward", target.DSN(sentrytest.DSNSecret("topsecret")))
	url := s.url(t)
	post(t, http.DefaultClient, url, `{"message":"stored"}`)
	envelope := "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\",\"dsn\":\"" + s.dsn(t) + "\"}\n{\"type\":\"event\"}\n{\"message\":\"enclosed\"}\n{\"type\":\"attachment\",\"filename\":\"a\"}\nabc"
	resp, err := http.Post(url+"/api/1/envelope/", "", strings.NewReader(envelope))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	e := sentrytest.RequireEvent(t, target, sentrytest.HasMessage("stored"))
	g.Expect(e.Received.PublicKey).To(Equal(target.PublicKey()))
	g.Expect(e.Received.SecretKey).To(Equal("topsecret"))
	e = sentrytest.RequireEvent(t, target, sentrytest.HasMessage("enclosed"))
	g.Expect(e.EventID).To(Equal("fc6d8c0c43fc4630ad850ee518f1b9d0"))
	g.Expect(target.Envelopes()).To(ContainElement(HaveField("Items", HaveLen(2))), "attachments go along")

	post(t, http.DefaultClient, url, `nonsense`)
	target.Script(sentrytest.Status(500))
	g.Expect(post(t, http.DefaultClient, url, `{"message":"lost there"}`)).To(Equal(200), "what becomes of it there is not the client's business")
	failure := s.errs.match(t, `fakesentry: event [0-9a-f]{32} was not passed on to (.+)\n`)[0]
	g.Expect(failure).To(ContainSubstring("500"))
	g.Expect(failure).NotTo(ContainSubstring("topsecret"))
	g.Expect(s.stop()).To(BeZero())
	g.Expect(target.Requests()).To(HaveLen(3), "refused requests are not passed on")
	http.DefaultClient.CloseIdleConnections()
}

func TestForwardNeedsAQueue(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	code, _, errs := runWith(t, transport.DefaultRegistry(), "serve", "--addr=127.0.0.1:0", "--forward=sync+http://k:topsecret@127.0.0.1:1/1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`^fakesentry: --forward: the transport of \S+ has no queue, and would hold up every client: leave out what stands before http or https\n$`))
	g.Expect(errs).NotTo(ContainSubstring("topsecret"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "serve", "--addr=127.0.0.1:0", "--forward=nonsense")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: --forward: "))
}

func TestScript(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	script := filepath.Join(t.TempDir(), "faults.yaml")
	write := func(text string) { g.Expect(os.WriteFile(script, []byte(text), 0o600)).To(Succeed()) }
	write("faults:\n- {status: 429}\n")
	g.Expect(readFaults(script)).To(Equal([]sentrytest.Fault{{Status: 429}}), "as the API has it")
	write("- name: quota\n  status: 429\n  retry_after: \"30\"\n  times: 1\n")
	s := serve(t, "--script", script)
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"one"}`)).To(Equal(429))
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"two"}`)).To(Equal(200))
	s.out.match(t, `(?m)^\d\d:\d\d:\d\d  fault    POST /api/1/store/ with 429 by quota: Status\(429\)\.RetryAfter\("30"\)$`)
	http.DefaultClient.CloseIdleConnections()

	for text, want := range map[string]string{
		"- stats: 429":                 "fakesentry: " + script + ": ",
		"- status: 429\n  status: 5":   "key \"status\" already set in map",
		"status: 429":                  "want a JSON list of objects",
		"- status: [":                  "fakesentry: " + script + ": yaml: ",
		"- status: 99\n  name: broken": "status",
	} {
		write(text)
		code, _, errs := runWith(t, transport.DefaultRegistry(), "serve", "--addr=127.0.0.1:0", "--script", script)
		g.Expect(code).To(Equal(1), text)
		g.Expect(errs).To(ContainSubstring(want), text)
	}
}
