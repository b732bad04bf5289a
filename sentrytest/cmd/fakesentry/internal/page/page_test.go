package page_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/page"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)

// site is the pages for a store and the faults of a server.
type site struct {
	t      *testing.T
	store  *store.Store
	server *sentrytest.Server
	pages  http.Handler
	seen   int // the number of arrivals
	end    context.CancelFunc
}

func newSite(t *testing.T) *site {
	t.Helper()
	s, err := store.Open(store.Config{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	srv, err := sentrytest.Start(sentrytest.InMemory())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(func() {
		end()
		_ = srv.Close()
		_ = s.Close()
	})
	return &site{t: t, store: s, server: srv, end: end, pages: page.New(page.Config{
		Store: s, Faults: func() api.Faults { return srv }, Lifetime: ctx, Version: "0.1.0",
		DSN:    func(r *http.Request) string { return "http://key@" + r.Host + "/1" },
		TLSDSN: func(*http.Request) string { return "https://key@localhost:8443/1" },
		Now:    func() time.Time { return noon }, Zone: time.UTC,
	})}
}

// add adds an envelope with an event, and returns the event's number.
func (s *site) add(event string, more ...string) int64 {
	s.t.Helper()
	g := NewWithT(s.t)
	s.seen++
	text := fmt.Sprintf("{\"event_id\":\"%032x\",\"sent_at\":\"2026-03-14T11:59:59.5Z\"}\n{\"type\":\"event\",\"length\":%d}\n%s\n%s", s.seen, len(event), event, strings.Join(more, "\n"))
	envelope, err := sentrytest.ParseEnvelope([]byte(text))
	g.Expect(err).NotTo(HaveOccurred())
	request := sentrytest.Request{
		Time: noon.Add(time.Duration(s.seen) * time.Second), Method: "POST", Path: "/api/1/envelope/", ProjectID: "1", PublicKey: "key", Client: "tester/1.0", Proto: "HTTP/1.1",
		Body: "packed", Decoded: text, ContentEncoding: "gzip", Header: http.Header{"User-Agent": {"tester/1.0"}}, Answer: sentrytest.Answer{Status: 200},
	}
	a := &sentrytest.Arrival{Request: request, Envelope: &envelope, Events: envelope.Events()}
	g.Expect(s.store.Add(s.t.Context(), a)).To(Succeed())
	return s.store.Last()
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	NewWithT(s.t).Expect(err).NotTo(HaveOccurred())
	return answer{w.Code, w.Result().Header, string(body)}
}

func (s *site) get(path string) answer {
	s.t.Helper()
	return s.do(httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, path, nil))
}

// post sends a form as a browser does from a page of the origin.
func (s *site) post(path, origin string, form url.Values) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	return s.do(r)
}

const own = "http://example.com" // the host of httptest

// The embedded htmx is the released file, as its note says.
func TestHtmxIsTheReleasedFile(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	script, err := os.ReadFile("assets/htmx.min.js")
	g.Expect(err).NotTo(HaveOccurred())
	note, err := os.ReadFile("assets/htmx.version")
	g.Expect(err).NotTo(HaveOccurred())
	sum := sha256.Sum256(script)
	g.Expect(string(note)).To(ContainSubstring("sha256  " + hex.EncodeToString(sum[:]) + "\n"))
	g.Expect(string(note)).To(MatchRegexp(`(?m)^version 2\.\d+\.\d+$`))
	g.Expect(string(script)).To(MatchRegexp(`version:"` + strings.TrimSpace(strings.Fields(string(note))[3]) + `"`))
	g.Expect("assets/htmx.LICENSE").To(BeAnExistingFile())
}

func TestAssets(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	css, err := os.ReadFile("assets/page.css")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(css)).To(BeNumerically("<", 15_000))
	g.Expect(string(css)).NotTo(ContainSubstring("url("))
	for name, kind := range map[string]string{"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "htmx.min.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"} {
		a := s.get("/assets/" + name)
		g.Expect(a.status).To(Equal(200), name)
		g.Expect(a.header.Get("Content-Type")).To(Equal(kind))
		g.Expect(a.header.Get("Cache-Control")).To(Equal("no-cache"), "an address without a version may be another file tomorrow")
		g.Expect(a.header.Get("X-Content-Type-Options")).To(Equal("nosniff"))
	}
	list := s.get("/").body
	for _, address := range addresses(list) {
		g.Expect(address).To(HavePrefix("/"), "nothing comes from other hosts")
		if strings.HasPrefix(address, "/assets/") {
			g.Expect(s.get(address).header.Get("Cache-Control")).To(Equal("max-age=31536000, immutable"), address)
		}
	}
	g.Expect(s.get("/assets/htmx.LICENSE").status).To(Equal(404))
}

// addresses returns what a page loads and links to.
func addresses(body string) (out []string) {
	for _, attribute := range []string{`href="`, `src="`, `action="`, `hx-get="`} {
		for _, part := range strings.Split(body, " "+attribute)[1:] {
			address, _, _ := strings.Cut(part, `"`)
			if !strings.HasPrefix(address, "#") {
				out = append(out, address)
			}
		}
	}
	return out
}

// Every page has the policy, and none violates it.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add(`{"message":"boom"}`)
	for path, status := range map[string]int{
		"/": 200, "/?group=1": 200, "/?q=level:nonsense": 422, "/events/2": 200, "/events/9": 404, "/requests": 200, "/requests?show=refused": 200,
		"/requests/1": 200, "/requests/x": 404, "/faults": 200, "/setup": 200, "/nowhere": 404,
	} {
		g := NewWithT(t)
		a := s.get(path)
		g.Expect(a.status).To(Equal(status), path)
		g.Expect(a.header.Get("Content-Security-Policy")).To(Equal("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"))
		g.Expect(a.header.Get("X-Content-Type-Options")).To(Equal("nosniff"))
		g.Expect(a.header.Get("Referrer-Policy")).To(Equal("same-origin"))
		g.Expect(a.header.Get("Content-Type")).To(Equal("text/html; charset=utf-8"))
		g.Expect(a.body).To(HaveSuffix("</html>"), path)
		g.Expect(a.body).NotTo(MatchRegexp(`<script>|<style|\sstyle=|\son[a-z]+=|javascript:`), path)
	}
	NewWithT(t).Expect(s.get("/nowhere").body).To(ContainSubstring("There is no such page: /nowhere"))
	NewWithT(t).Expect(s.get("/events/9").body).To(ContainSubstring("There is no event 9, or it was deleted."))
}

// Forms are accepted only from the server's own pages.
func TestForms(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	n := s.add(`{"message":"boom"}`)
	for _, path := range []string{"/clear", fmt.Sprintf("/events/%d/delete", n), "/faults", "/faults/clear", "/faults/remove"} {
		for _, origin := range []string{"http://evil.example", "null"} {
			a := s.post(path, origin, url.Values{"preset": {"reset"}})
			g.Expect(a.status).To(Equal(403), path)
			g.Expect(a.body).To(ContainSubstring("This form was not sent from a page of this server, so nothing was changed."))
		}
		g.Expect(s.get(path).status).NotTo(Equal(303), "GET changes nothing")
	}
	g.Expect(s.store.Stats().Kept).To(Equal(1))
	g.Expect(s.server.Faults()).To(BeEmpty())

	s.add(`{"message":"other"}`)
	g.Expect(s.post("/clear", own, url.Values{"q": {"oth"}}).status).To(Equal(303))
	g.Expect(s.store.Stats().Kept).To(Equal(1))
	a := s.post("/clear", own, url.Values{"q": {"level:nonsense"}})
	g.Expect(a.status).To(Equal(422))
	g.Expect(a.body).To(ContainSubstring("Nothing was deleted: "))
	g.Expect(s.store.Stats().Kept).To(Equal(1))
	a = s.post(fmt.Sprintf("/events/%d/delete", n), own, url.Values{"q": {"a b"}})
	g.Expect(a.header.Get("Location")).To(Equal("/?q=a+b"))
	g.Expect(s.store.Stats().Kept).To(BeZero())
	g.Expect(s.post("/clear", own, url.Values{"q": {strings.Repeat("x", 70_000)}}).body).To(ContainSubstring("The form can&#39;t be read: http: request body too large"))
}
