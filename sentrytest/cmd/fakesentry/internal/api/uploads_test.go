package api_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/page"
	fakestore "github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// The events of an upload or a report are in the stream, and after a restart
// they are in the store, with the original bytes.
const twoReports = `[{"type":"csp-violation","body":{"blockedURL":"one"}},{"type":"csp-violation","body":{"blockedURL":"two"}}]`

func TestDeletionCountsAllEventsOfARequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	do(t, h, http.MethodPost, "/api/1/security/?sentry_key=k", twoReports, "Content-Type: application/reports+json")
	g.Expect(do(t, h, http.MethodDelete, "/api/v1/events/2", "").body).To(Equal("{\"deleted\":2}\n"))
	g.Expect(do(t, h, http.MethodDelete, "/api/v1/events/3", "").status).To(Equal(404))
}

func TestStreamsResumeWithinARequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	do(t, h, http.MethodPost, "/api/1/security/?sentry_key=k", "[7,"+twoReports[1:], "Content-Type: application/reports+json")
	store(t, h, "k", message("last"))
	ids := func(path string, n int) (out []string) {
		for _, f := range frames(t, h, path, n) {
			out = append(out, f["event"]+" "+f["id"])
		}
		return out
	}
	g.Expect(ids("/api/v1/stream?after=0", 4)).To(Equal([]string{"refused 1", "event 2", "event 3", "event 5"}))
	g.Expect(ids("/api/v1/stream?after=2", 2)).To(Equal([]string{"event 3", "event 5"}))
	g.Expect(ids("/api/v1/stream?after=3", 1)).To(Equal([]string{"event 5"}))
	g.Expect(ids("/api/v1/stream?after=99", 2)).To(Equal([]string{"missed ", "refused 1"}), "an id from before a restart")
	g.Expect(ids("/stream?after=1", 1)).To(Equal([]string{"application/x-sentry-envelope 4"}))
}

// A search ends when its client has left.
func TestSearchesEndWithTheirReader(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	store(t, h, "k", message("one"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range []string{"GET /api/v1/events?q=x", "DELETE /api/v1/events?q=x", "GET /", "GET /events/2"} {
		method, path, _ := strings.Cut(path, " ")
		rec := httptest.NewRecorder()
		page := page.New(page.Config{Store: h.Store, Faults: func() api.Faults { return h.Server }, Lifetime: h.Lifetime()})
		h.API.Handler(http.NotFoundHandler(), page).ServeHTTP(rec, httptest.NewRequestWithContext(ctx, method, "http://127.0.0.1"+path, nil))
		g.Expect(rec.Code).To(BeNumerically(">=", 500), method+" "+path)
		g.Expect(rec.Body.String()).To(ContainSubstring("context canceled"))
	}
}

func TestUploadsAndReportsSurviveARestart(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cfg := host.Config{Store: fakestore.Config{
		Path:       filepath.Join(t.TempDir(), "events.db"),
		Unreadable: func(err error) { t.Error(err) },
	}}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, part := range [][3]string{
		{"upload_file_minidump", "crash\xff.dmp", "MDMP\x00\xff"}, {"log", "app.log", "line\n\n"},
	} {
		w, err := form.CreateFormFile(part[0], part[1])
		g.Expect(err).NotTo(HaveOccurred())
		_, err = w.Write([]byte(part[2]))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(form.WriteField("sentry[release]", "1.0")).To(Succeed())
	g.Expect(form.Close()).To(Succeed())
	reports := `[{"type":"csp-violation","body":{"blockedURL":"one"}},{"type":"other"},{"type":"csp-violation","body":{"blockedURL":"two"}}]`

	h := start(t, cfg)
	r := do(t, h, http.MethodPost, "/api/1/minidump/?sentry_key=k", body.String(), "Content-Type: "+form.FormDataContentType())
	g.Expect(r.status).To(Equal(200))
	r = do(t, h, http.MethodPost, "/api/1/security/?sentry_key=k", reports, "Content-Type: application/reports+json")
	g.Expect(r.status).To(Equal(200))

	check := func(h *host.Host) []wire.Event {
		c := client(t, h)
		page, err := c.Events(t.Context(), wire.Filter{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(page.Events).To(HaveExactElements(
			HaveField("Title", HavePrefix("Blocked two")), HaveField("Title", HavePrefix("Blocked one")), HaveField("Release", "1.0"),
		))
		d, err := c.Event(t.Context(), page.Events[2].EventID)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(d.Attachments).To(HaveExactElements(
			And(HaveField("Filename", "crash\ufffd.dmp"), HaveField("Type", "event.minidump")), HaveField("Filename", "app.log"),
		))
		for i, want := range []string{"MDMP\x00\xff", "line\n\n"} {
			data, err := c.Attachment(t.Context(), d.EventID, d.Attachments[i].Index)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(data)).To(Equal(want))
		}
		g.Expect(get(t, h, "/api/v1/requests/1/body").body).To(Equal(body.String()), "as received")
		g.Expect(get(t, h, "/api/v1/requests/1/envelope").status).To(Equal(200))
		return page.Events
	}
	before := check(h)
	g.Expect(h.Close()).To(Succeed())
	g.Expect(check(start(t, cfg))).To(Equal(before))
}
