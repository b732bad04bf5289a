package main

import (
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

// The program serves the page to browsers, with the DSN for the address that
// the browser used.
func TestBrowserPage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h, err := host.Start((&hostFlags{TLS: true}).config(""))
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(h.Close()).To(Succeed()) }()
	g.Expect(show(t, h, "/")).To(And(
		ContainSubstring("Nothing has arrived yet"),
		ContainSubstring(h.DSN(host.Key, host.Project)),
		ContainSubstring(h.TLSDSN(host.Key, host.Project)),
	))
}

// The snippet for Ravenkit is a program that reports to the server that shows
// it.
func TestSnippetWorks(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h, err := host.Start((&hostFlags{}).config(""))
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(h.Close()).To(Succeed()) }()
	_, code, _ := strings.Cut(show(t, h, "/setup"), `<pre id="snippet-0">`)
	code, _, _ = strings.Cut(code, "</pre>")
	file := filepath.Join(t.TempDir(), "main.go")
	g.Expect(os.WriteFile(file, []byte(html.UnescapeString(code)), 0o600)).To(Succeed())
	run := exec.CommandContext(t.Context(), "go", "run", file)
	run.Env = append(os.Environ(), "GOWORK=") // the module with the client
	out, err := run.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(out))
	g.Expect(h.Store.Events()).To(HaveExactElements(HaveField("Title", ContainSubstring("it works"))))
}

// show returns a page as a browser gets it.
func show(t *testing.T, h *host.Host, path string) string {
	t.Helper()
	g := NewWithT(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+path, nil)
	g.Expect(err).NotTo(HaveOccurred())
	resp, err := h.Server.Client().Do(req)
	g.Expect(err).NotTo(HaveOccurred())
	body, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(http.StatusOK))
	return string(body)
}
