package main

import (
	"io"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

// What the program serves to browsers is the page, with the DSN under which the browser itself has come.
func TestBrowserPage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h, err := host.Start((&hostFlags{TLS: true}).config(""))
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(h.Close()).To(Succeed()) }()
	resp, err := h.Server.Client().Get(h.URL() + "/")
	g.Expect(err).NotTo(HaveOccurred())
	body, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(http.StatusOK))
	g.Expect(string(body)).To(And(
		ContainSubstring("Nothing has arrived yet"),
		ContainSubstring(h.DSN(host.Key, host.Project)),
		ContainSubstring(h.TLSDSN(host.Key, host.Project)),
	))
}
