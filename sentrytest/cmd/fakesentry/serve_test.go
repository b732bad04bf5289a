package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
	"github.com/ravenkit/ravenkit/transport"
)

// served is a `fakesentry serve` that runs until the test ends.
type served struct {
	out, errs *untilPrinted
	stop      func() (code int)
}

func serve(t *testing.T, args ...string) served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := served{out: newUntilPrinted(), errs: newUntilPrinted()}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--addr=127.0.0.1:0"}, args...), transport.DefaultRegistry(), strings.NewReader(""), s.out, s.errs)
	}()
	code, ended := 0, false
	s.stop = func() int {
		if !ended {
			cancel()
			code, ended = <-done, true
		}
		return code
	}
	t.Cleanup(func() { s.stop() })
	return s
}

// dsn waits for the DSN that serve prints.
func (s served) dsn(t *testing.T) string { return s.out.match(t, `DSN +(\S+)\n`)[0] }

// url is the base of all addresses.
func (s served) url(t *testing.T) string {
	_, host, _ := strings.Cut(s.dsn(t), "@")
	return "http://" + strings.TrimSuffix(host, "/1")
}

// post sends an event to the server.
func post(t *testing.T, client *http.Client, base, event string) int {
	t.Helper()
	resp, err := client.Post(base+"/api/1/store/?sentry_key=k", "application/json", strings.NewReader(event))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestServePrintsALineForEveryEvent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	g.Expect(s.dsn(t)).To(MatchRegexp(`^http://facade00facade00facade00facade00@127\.0\.0\.1:\d+/1$`))
	s.out.match(t, `Page +http://127\.0\.0\.1:\d+/\n`)
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"disk\u001b[31m full\nreally","level":"warning","release":"1.0","event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`)).To(Equal(200))
	s.out.match(t, `(?m)^\d\d:\d\d:\d\d  warning  disk\x{fffd}\[31m full  \(1\.0, project 1, fc6d8c0c43fc4630ad850ee518f1b9d0\)$`)
	g.Expect(post(t, http.DefaultClient, s.url(t), `nonsense`)).To(Equal(400))
	s.out.match(t, `(?m)^\d\d:\d\d:\d\d  refused  POST /api/1/store/ with 400: invalid request body: .+$`)
	g.Expect(s.stop()).To(BeZero())
	g.Expect(s.errs.String()).To(BeEmpty())
	http.DefaultClient.CloseIdleConnections()
}

func TestServePrintsAcceptedAndDroppedReportsOfARequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	resp, err := http.Post(s.url(t)+"/api/1/security/?sentry_key=k", "application/reports+json",
		strings.NewReader(`[{"type":"deprecation","body":{}},{"type":"csp-violation","body":{"blockedURL":"inline"}}]`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	s.out.match(t, `refused  POST /api/1/security/ with 200: accepted, then dropped: security report is invalid: report 1: expected one of .+\n`)
	s.out.match(t, `error    Blocked inline by the content security policy .+\n`)
	g.Expect(s.stop()).To(BeZero())
	http.DefaultClient.CloseIdleConnections()
}

func TestServeAcceptsAnyKeyAndProject(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	for _, key := range []string{"facade00facade00facade00facade00", "k", "0", "KEY", "a-b_c", strings.Repeat("x", 300)} {
		for _, project := range []string{"1", "0", "shop", "a.b", "99999999999999999999", "sh%C3%B6p"} {
			resp, err := http.Post(s.url(t)+"/api/"+project+"/store/?sentry_key="+key, "application/json", strings.NewReader(`{"message":"taken"}`))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(resp.Body.Close()).To(Succeed())
			g.Expect(resp.StatusCode).To(Equal(200), key+" "+project)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestServeFormats(t *testing.T) {
	t.Parallel()
	s := serve(t, "--format=logfmt")
	url := s.errs.match(t, `Page +(\S+)/\n`)[0]
	post(t, http.DefaultClient, url, `{"message":"say \"hi\"","level":"info"}`)
	s.out.match(t, `^time=\S+ level=info title="say \\"hi\\"" project=1 id=[0-9a-f]{32}\n$`)
	post(t, http.DefaultClient, url, `nonsense`)
	s.out.match(t, `time=\S+ refused="POST /api/1/store/" status=400 reason="invalid request body: .+"\n$`)

	s = serve(t, "--format=json")
	url = s.errs.match(t, `Page +(\S+)/\n`)[0]
	post(t, http.DefaultClient, url, `{"message":"hi","level":"info"}`)
	s.out.match(t, `^\{"seq":2,"request":1,"event_id":"[0-9a-f]{32}","type":"error","level":"info","title":"hi",.*\}\n$`)
	post(t, http.DefaultClient, url, `nonsense`)
	s.out.match(t, `\{"refused":\{.*"reason":"invalid request body".*\}\}\n$`)
	http.DefaultClient.CloseIdleConnections()
}

func TestServeWithTLS(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s := serve(t, "--tls", "--ca-file", ca, "--san=sentry.test")
	base := "https://" + s.out.match(t, `DSN \(TLS\) +https://\w+@(\S+)/1\n`)[0]
	pem, err := os.ReadFile(ca)
	g.Expect(err).NotTo(HaveOccurred())
	pool := x509.NewCertPool()
	g.Expect(pool.AppendCertsFromPEM(pem)).To(BeTrue())
	carrier := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "sentry.test"}}
	defer carrier.CloseIdleConnections()
	client := &http.Client{Transport: carrier}
	g.Expect(post(t, client, base, `{"message":"over tls"}`)).To(Equal(200))
	g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"over http"}`)).To(Equal(200))
	s.out.match(t, `over tls`)
	s.out.match(t, `over http`)
	_, err = http.Post(base+"/api/1/store/", "application/json", strings.NewReader("{}"))
	g.Expect(err).To(HaveOccurred(), "the client does not trust the CA")
	s.errs.match(t, `^fakesentry: TLS handshake error from 127\.0\.0\.1:\d+: remote error: tls: bad certificate\n`)
	http.DefaultClient.CloseIdleConnections()
}

func TestServeWithHTTP2(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s := serve(t, "--http2", "--ca-file", ca)
	base := "https://" + s.out.match(t, `DSN \(TLS\) +https://\w+@(\S+)/1\n`)[0]
	pem, err := os.ReadFile(ca)
	g.Expect(err).NotTo(HaveOccurred())
	pool := x509.NewCertPool()
	g.Expect(pool.AppendCertsFromPEM(pem)).To(BeTrue())
	for i, want := range []string{"HTTP/2.0", "HTTP/1.1"} {
		carrier := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: i == 0}
		client := &http.Client{Transport: carrier}
		g.Expect(post(t, client, base, `{"message":"hi"}`)).To(Equal(200))
		reader, err := fakesentryclient.New(base, fakesentryclient.HTTPClient(client))
		g.Expect(err).NotTo(HaveOccurred())
		requests, err := reader.Requests(t.Context(), fakesentryclient.RequestFilter{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(requests.Requests[0].Proto).To(Equal(want))
		streamed := 0
		g.Expect(reader.Stream(t.Context(), fakesentryclient.Filter{}, 0, func(fakesentryclient.News) bool {
			streamed++
			return streamed <= i
		})).To(Succeed())
		carrier.CloseIdleConnections()
	}
}

func TestServeFailures(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	_, host, _ := strings.Cut(s.url(t), "//")
	folder := t.TempDir()
	absent := filepath.Join(folder, "absent", "file")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr=nonsense"}, "fakesentry: listen tcp: address nonsense: missing port in address\n"},
		{[]string{"--ca-file", absent}, "fakesentry: saving the CA's certificate: open " + absent + ": no such file or directory\n"},
		{[]string{"--store", absent}, "fakesentry: opening the store " + absent + ": the folder " + filepath.Dir(absent) + " does not exist: create it first\n"},
		{[]string{"--store", folder}, "fakesentry: opening the store " + folder + ": it is a folder: give a file in it, such as " + folder + "/events.db\n"},
		{[]string{"--addr", host}, "fakesentry: --addr " + host + ": another program, perhaps another fakesentry, listens there; --addr 127.0.0.1:0 takes any free port\n"},
		{[]string{"--max-events=-1"}, "fakesentry: --max-events is -1: it must be a number of events, or 0 for 10000\n"},
		{[]string{"--public-url=sentry.test"}, "fakesentry: the public URL \"sentry.test\" is not of the form http://HOST:PORT or https://HOST:PORT\n"},
		{[]string{"--public-url=https://sentry.test?x=1"}, "fakesentry: the public URL \"https://sentry.test?x=1\" is not of the form http://HOST:PORT or https://HOST:PORT\n"},
		{[]string{"--public-url=https://:8000"}, "fakesentry: the public URL \"https://:8000\" is not of the form http://HOST:PORT or https://HOST:PORT\n"},
		{[]string{"--format=xml"}, "fakesentry: --format must be one of \"human\",\"json\",\"logfmt\" but got \"xml\"\n  fakesentry serve --help shows the usage\n"},
	} {
		code, out, errs := runWith(t, transport.DefaultRegistry(), append([]string{"serve"}, c.args...)...)
		g.Expect(code).To(Equal(1), c.want)
		g.Expect(errs).To(HavePrefix(c.want))
		g.Expect(out).To(BeEmpty())
	}
}

func TestFlagsComeFromTheEnvironmentToo(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("FAKESENTRY_PUBLIC_URL", "https://sentry.test/base/")
	s := serve(t)
	g.Expect(s.dsn(t)).To(Equal("https://facade00facade00facade00facade00@sentry.test/base/1"))
	s.out.match(t, `Page +https://sentry\.test/base/\n`)
}

func TestServeOpensADamagedStore(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events.db")
	s := serve(t, "--store", path)
	post(t, http.DefaultClient, s.url(t), `{"message":"damaged"}`)
	post(t, http.DefaultClient, s.url(t), `{"message":"whole"}`)
	g.Expect(s.stop()).To(BeZero())
	db, err := sql.Open("sqlite", path)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = db.Exec(`UPDATE events SET event = 'x' WHERE seq = 2`)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(db.Close()).To(Succeed())

	s = serve(t, "--store", path)
	resp, err := http.Get(s.url(t) + "/api/v1/events")
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	var page struct{ Events []struct{ Title string } }
	g.Expect(json.NewDecoder(resp.Body).Decode(&page)).To(Succeed())
	g.Expect(page.Events).To(HaveExactElements(HaveField("Title", "whole")))
	g.Expect(s.errs.String()).To(MatchRegexp(`^fakesentry: the store %s: skipped, because it can't be read: event 2: .+\n$`, path))
	http.DefaultClient.CloseIdleConnections()
}

func TestServeWarnsIfOtherMachinesCanReachIt(t *testing.T) {
	t.Parallel()
	const warning = ` is open to other machines: anyone who can reach port \d+ can read and delete events and set faults, without a login\n`
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"every interface": {[]string{"--addr=0.0.0.0:0"}, `^fakesentry: --addr 0\.0\.0\.0:0` + warning + `$`},
		"all interfaces":  {[]string{"--addr=:0"}, `^fakesentry: --addr :0` + warning + `$`},
		"https too":       {[]string{"--addr=:0", "--tls-addr=[::]:0"}, `^fakesentry: --addr :0` + warning + `fakesentry: --tls-addr \[::\]:0` + warning + `$`},
		"https alone":     {[]string{"--tls-addr=:0"}, `^fakesentry: --tls-addr :0` + warning + `$`},
		"loopback":        {[]string{"--addr=localhost:0", "--tls"}, `^$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.args...)
			s.url(t)
			s.errs.match(t, c.want)
			NewWithT(t).Expect(s.stop()).To(BeZero())
			NewWithT(t).Expect(s.errs.String()).To(MatchRegexp(c.want))
		})
	}
}
