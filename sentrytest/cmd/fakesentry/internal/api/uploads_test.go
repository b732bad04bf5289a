package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	fakestore "github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// What the server makes of an upload or a report is there live, and after a restart, beside what was received.
func TestUploadsAndReportsOutliveARestart(t *testing.T) {
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
		g.Expect(get(t, h, "/api/v1/requests/1/body").body).To(Equal(body.String()), "as it was received")
		g.Expect(get(t, h, "/api/v1/requests/1/envelope").status).To(Equal(200))
		return page.Events
	}
	before := check(h)
	g.Expect(h.Close()).To(Succeed())
	g.Expect(check(start(t, cfg))).To(Equal(before))
}
