package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Requests of clients to unknown addresses are listed as refused. Requests of
// browsers and other programs, including misspelt ones, are not.
func TestRequestsToUnknownAddresses(t *testing.T) {
	t.Parallel()
	s := serve(t, "--allow-origin=https://app.test")
	url := s.url(t)
	client, err := fakesentryclient.New(url)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	const auth, from = "X-Sentry-Auth: Sentry sentry_key=k", "Origin: https://elsewhere.test"
	for _, c := range []struct {
		method, path string
		header       string
		status       int
		listed       bool
	}{
		{"POST", "/api/1/nowhere/", auth, 404, true},
		{"POST", "/api/2/", auth, 404, true},
		{"POST", "/api/", "", 404, true},
		{"POST", "/api/1/otlp/v1/traces", "", 404, true},
		{"POST", "/tunnel", "", 404, true},
		{"POST", "/tunnel", from, 404, true},
		{"POST", "/tunnel", "Host: sentry.example.com", 404, true},
		{"POST", "/", from, 404, true},
		{"PUT", "/events/1", "", 404, true},
		{"GET", "/api/1/cron/nightly/", auth, 404, true},
		{"GET", "/api/1/cron/nightly/?sentry_key=k", "", 404, true},
		{"GET", "/api/1/envelope/", "", 405, true},
		{"GET", "/", "", 200, false},
		{"GET", "/nowhere", "", 404, false},
		{"GET", "/api/1/nowhere/", "", 404, false},
		{"POST", "/api/v1/nowhere", auth, 404, false},
		{"PATCH", "/api/v1/events", "", 405, false},
		{"PUT", "/api/flush/", "", 405, false},
		{"POST", "/clear", from, 403, false},
		{"POST", "/clear", "Origin: https://app.test", 403, false}, // an origin that may read
		{"POST", "/api/flush/", from, 403, false},
		{"DELETE", "/api/v1/events", from, 403, false},
		{"OPTIONS", "/tunnel", from + "\nAccess-Control-Request-Method: POST", 200, false},
		{"OPTIONS", "/clear", from + "\nAccess-Control-Request-Method: POST", 403, false},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			g := NewWithT(t)
			before, err := client.Requests(t.Context(), fakesentryclient.RequestFilter{Refused: true})
			g.Expect(err).NotTo(HaveOccurred())
			req, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, strings.NewReader("sent astray"))
			g.Expect(err).NotTo(HaveOccurred())
			for line := range strings.Lines(c.header) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				req.Header.Set(name, value)
				if name == "Host" {
					req.Host = value
				}
			}
			resp, err := http.DefaultClient.Do(req)
			g.Expect(err).NotTo(HaveOccurred())
			answer, err := io.ReadAll(resp.Body)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(resp.Body.Close()).To(Succeed())
			g.Expect(resp.StatusCode).To(Equal(c.status), string(answer))
			after, err := client.Requests(t.Context(), fakesentryclient.RequestFilter{Refused: true})
			g.Expect(err).NotTo(HaveOccurred())
			if !c.listed {
				g.Expect(after.Total).To(Equal(before.Total))
				return
			}
			g.Expect(after.Total).To(Equal(before.Total + 1))
			path, _, _ := strings.Cut(c.path, "?")
			g.Expect(after.Requests[0]).To(And(HaveField("Method", c.method), HaveField("Path", path), HaveField("Status", c.status)))
			g.Expect(client.RequestBody(t.Context(), after.Requests[0].Seq)).To(BeEquivalentTo("sent astray"))
			s.out.match(t, `(?m)^\d\d:\d\d:\d\d  refused  `+c.method+" "+path+` with `)
		})
	}
	http.DefaultClient.CloseIdleConnections()
}
