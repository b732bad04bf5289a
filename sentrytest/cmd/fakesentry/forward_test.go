package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
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
	g.Expect(target.Envelopes()).To(ContainElement(HaveField("Items", HaveLen(2))), "attachments are forwarded too")

	post(t, http.DefaultClient, url, `nonsense`)
	target.Script(sentrytest.Status(503), sentrytest.OK(), sentrytest.Status(400))
	g.Expect(post(t, http.DefaultClient, url, `{"message":"held"}`)).To(Equal(200))
	sentrytest.RequireEvent(t, target, sentrytest.HasMessage("held")) // the queue waits until an outage ends
	g.Expect(post(t, http.DefaultClient, url, `{"message":"lost there"}`)).To(Equal(200), "the target's answer does not reach the client")
	failure := s.errs.match(t, `fakesentry: event [0-9a-f]{32} was not forwarded to (.+)\n`)[0]
	g.Expect(failure).To(ContainSubstring("400"))
	g.Expect(failure).NotTo(ContainSubstring("topsecret"))
	g.Expect(s.stop()).To(BeZero())
	g.Expect(target.Requests()).To(HaveLen(5), "refused requests are not forwarded")
	http.DefaultClient.CloseIdleConnections()
}

// Each endpoint's payload reaches the target in its own form.
func TestForwardByEndpoint(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	target := sentrytest.NewServer(t)
	s := serve(t, "--forward", target.DSN())
	send := func(path, contentType, body string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url(t)+path, strings.NewReader(body))
		g.Expect(err).NotTo(HaveOccurred())
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("User-Agent", "browser/1")
		resp, err := http.DefaultClient.Do(req)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(resp.Body.Close()).To(Succeed())
		g.Expect(resp.StatusCode).To(Equal(200))
	}
	form := "--b\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"m.dmp\"\r\n\r\nMDMP\xff\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"sentry[release]\"\r\n\r\n1.0\r\n--b--\r\n"
	send("/api/1/minidump/?sentry_key=k", "multipart/form-data; boundary=b", form)
	e := sentrytest.RequireEvent(t, target, sentrytest.HasRelease("1.0"))
	g.Expect(e.Received.Protocol).To(Equal("minidump"))
	g.Expect(e.Received.Decoded).To(Equal(form))
	g.Expect(e.Attachments).To(HaveExactElements(HaveField("Data", "MDMP\xff")))

	reports := `[{"type":"csp-violation","body":{"blockedURL":"one"}},{"type":"other"},{"type":"csp-violation","body":{"blockedURL":"two"}}]`
	send("/api/1/security/?sentry_key=k&sentry_release=2.0&sentry_environment=prod&x=y", "application/reports+json", reports)
	for _, what := range []string{"one", "two"} {
		e = sentrytest.RequireEvent(t, target, sentrytest.HasMessage("Blocked "+what+" by the content security policy"), sentrytest.HasRelease("2.0"), sentrytest.HasEnvironment("prod"))
		g.Expect(e.Received.Protocol).To(Equal("security"))
		g.Expect(e.Received.Decoded).To(Equal(reports))
		g.Expect(e.Received.PublicKey).To(Equal(target.PublicKey()))
		g.Expect(e.Request.Headers.Get("User-Agent")).To(Equal("browser/1"))
	}

	send("/api/1/store/?sentry_key=k", "application/json", `{"type":"transaction","transaction":"GET /"}`)
	g.Eventually(target.Transactions).Should(HaveExactElements(HaveField("Transaction", "GET /")))
	g.Expect(target.Rejected()).To(HaveLen(1), "a report of an unknown type")
	g.Expect(s.stop()).To(BeZero())
	g.Expect(s.errs.String()).To(BeEmpty())
	http.DefaultClient.CloseIdleConnections()
}

// under returns a server that passes requests on to another server, so that the
// other has a second address.
func under(t *testing.T) (dsn string, lead func(to string)) {
	t.Helper()
	target := make(chan *url.URL, 1)
	srv := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := <-target
		target <- to
		r.SetURL(to)
	}})
	t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "://", "://k@", 1) + "/1", func(to string) {
		u, err := url.Parse(to)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		target <- u
	}
}

// statuses counts the requests of a server by their status.
func statuses(t *testing.T, base string) map[int]int {
	t.Helper()
	g := NewWithT(t)
	resp, err := http.Get(base + "/api/v1/requests")
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	var page struct{ Requests []struct{ Status int } }
	g.Expect(json.NewDecoder(resp.Body).Decode(&page)).To(Succeed())
	out := map[int]int{}
	for _, r := range page.Requests {
		out[r.Status]++
	}
	return out
}

const circle = `fakesentry: event [0-9a-f]{32} was not forwarded to (.+)this server has forwarded the event itself: --forward leads back to it`

// The server forwards an event only once.
func TestForwardInACircle(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	dsn, lead := under(t)
	s := serve(t, "--forward", dsn)
	lead(s.url(t))
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"round"}`)).To(Equal(200))
	s.errs.match(t, circle)
	g.Expect(statuses(t, s.url(t))).To(Equal(map[int]int{200: 1, 400: 1}))

	dsn, lead = under(t)
	one := serve(t, "--forward", dsn)
	two := serve(t, "--forward", one.dsn(t))
	three := serve(t, "--forward", two.dsn(t))
	lead(three.url(t))
	g.Expect(post(t, http.DefaultClient, one.url(t), `{"message":"round"}`)).To(Equal(200))
	two.errs.match(t, circle)
	for _, other := range []served{two, three} {
		g.Expect(statuses(t, other.url(t))).To(Equal(map[int]int{200: 1}))
	}
	g.Expect(statuses(t, one.url(t))).To(Equal(map[int]int{200: 1, 400: 1}))
	http.DefaultClient.CloseIdleConnections()
}

func TestForwardToItself(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	_, port, err := net.SplitHostPort(l.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
	for _, host := range []string{"127.0.0.1", "localhost", "127.0.0.2", "[::1]"} {
		code, _, errs := runWith(t, transport.DefaultRegistry(), "serve", "--addr=:"+port, "--forward=http://k:topsecret@"+host+":"+port+"/1")
		g.Expect(code).To(Equal(1))
		g.Expect(errs).To(Equal("fakesentry: --forward is the address of this server\n"), host)
	}
}

func TestForwardNeedsAQueue(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	code, _, errs := runWith(t, transport.DefaultRegistry(), "serve", "--addr=127.0.0.1:0", "--forward=sync+http://k:topsecret@127.0.0.1:1/1")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(MatchRegexp(`^fakesentry: --forward: the transport of \S+ has no queue, so every client would wait for it: remove the prefix before http or https\n$`))
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
	g.Expect(readFaults(script)).To(HaveExactElements(HaveField("String()", "When().Do(Status(429))")), "in the form of the API")
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
