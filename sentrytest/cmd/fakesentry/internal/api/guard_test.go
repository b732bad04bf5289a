package api_test

import (
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func TestWhoMayRead(t *testing.T) {
	t.Parallel()
	h := start(t, host.Config{AllowOrigins: []string{"https://app.test:3000/"}, PublicURL: "https://sentry.example.com", CertNames: []string{"other.example.com"}})
	own := "Origin: http://" + h.Server.Addr()
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a program", nil, 200},
		{"the own page", []string{own, "Sec-Fetch-Site: same-origin"}, 200},
		{"an allowed page", []string{"Origin: https://app.test:3000", "Sec-Fetch-Site: cross-site"}, 200},
		{"another page", []string{"Origin: https://evil.test", "Sec-Fetch-Site: cross-site"}, 403},
		{"a sandboxed page", []string{"Origin: null"}, 403},
		{"the allowed host on another port", []string{"Origin: https://app.test"}, 403},
		{"an image on another page", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403},
		{"a link on another page", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 200},
		{"a typed address", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate"}, 200},
		{"a rebound name", []string{"Host: evil.test:8000", "Origin: http://evil.test:8000", "Sec-Fetch-Site: same-origin"}, 403},
		{"localhost", []string{"Host: localhost:8000"}, 200},
		{"below localhost", []string{"Host: sentry.localhost"}, 200},
		{"IPv6", []string{"Host: [::1]:8000"}, 200},
		{"a container", []string{"Host: fakesentry:8000"}, 200},
		{"the host of a container", []string{"Host: host.docker.internal:8000"}, 200},
		{"the public URL", []string{"Host: sentry.example.com", "Origin: https://sentry.example.com"}, 200},
		{"a name of the certificate", []string{"Host: OTHER.example.com."}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			for _, path := range []string{"/api/v1/events", "/api/eventlist/", "/"} {
				r := get(t, h, path, c.headers...)
				g.Expect(r.status).To(Equal(c.status), path)
				allowed := r.header.Get("Access-Control-Allow-Origin")
				if c.name == "an allowed page" {
					g.Expect(allowed).To(Equal("https://app.test:3000"))
				} else {
					g.Expect(allowed).To(BeEmpty())
				}
			}
		})
	}
}

func TestRefusalsHaveAdvice(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	g.Expect(get(t, h, "/", "Host: evil.test").body).To(Equal(`{"error":"\"evil.test\" is not a known name of this server: add it with --public-url or --san, or use the IP address"}` + "\n"))
	g.Expect(get(t, h, "/", "Origin: https://evil.test").body).To(Equal(`{"error":"pages of https://evil.test may not read events: allow it with --allow-origin"}` + "\n"))
	g.Expect(get(t, h, "/", "Sec-Fetch-Site: cross-site").body).To(Equal(`{"error":"pages of another site may not read events: allow it with --allow-origin"}` + "\n"))
}

func TestPreflights(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{AllowOrigins: []string{"https://app.test"}})
	r := do(t, h, http.MethodOptions, "/api/v1/events", "", "Origin: https://app.test", "Access-Control-Request-Method: DELETE")
	g.Expect(r.status).To(Equal(204))
	g.Expect(r.header.Get("Access-Control-Allow-Methods")).To(Equal("GET"), "the browser must not send the DELETE")
	g.Expect(do(t, h, http.MethodOptions, "/api/v1/events", "", "Origin: https://evil.test").status).To(Equal(403))
	for _, path := range []string{"/api/1/envelope/", "/stream"} {
		r = do(t, h, http.MethodOptions, path, "", "Origin: https://anywhere.test", "Host: evil.test")
		g.Expect(r.status).To(Equal(200), "any origin may send")
		g.Expect(r.header.Get("Access-Control-Allow-Origin")).To(Equal("*"))
	}
	everybody := start(t, host.Config{AllowOrigins: []string{"*"}})
	g.Expect(get(t, everybody, "/api/v1/events", "Origin: https://any.test").header.Get("Access-Control-Allow-Origin")).To(Equal("https://any.test"))
}

// Origins of --allow-origin may only read. Changes are for programs and the
// server's own page.
func TestAllowedPagesChangeNothing(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for _, allowed := range []string{"https://app.test", "*"} {
		h := start(t, host.Config{AllowOrigins: []string{allowed}})
		c := client(t, h)
		store(t, h, "k", message("stays"))
		g.Expect(c.SetFaults(t.Context(), map[string]any{"status": 429, "message": "absent"})).To(Succeed())
		from := "Origin: https://app.test"
		for _, path := range []string{"/api/v1/events", "/api/v1/faults", "/api/v1/tenants", "/api/v1/stats", "/api/eventlist/"} {
			g.Expect(get(t, h, path, from).status).To(Equal(200), path)
			g.Expect(do(t, h, http.MethodHead, path, "", from).status).To(Equal(200), path)
		}
		for _, request := range [][3]string{
			{"DELETE", "/api/v1/events"},
			{"DELETE", "/api/v1/events/1"},
			{"POST", "/api/v1/tenants"},
			{"PUT", "/api/v1/faults", `{"faults":[]}`},
			{"DELETE", "/api/v1/faults"},
			{"POST", "/api/flush/"},
			{"POST", "/api/flush"},
			{"PATCH", "/api/v1/events"},
		} {
			r := do(t, h, request[0], request[1], request[2], from)
			g.Expect(r.status).To(Equal(403), request[0]+" "+request[1])
			g.Expect(r.body).To(Equal(`{"error":"pages of https://app.test may read but not change anything: only the server's own page and programs may"}` + "\n"))
		}
		g.Expect(c.Events(t.Context(), wire.Filter{})).To(HaveField("Total", 1))
		g.Expect(c.Faults(t.Context())).To(HaveLen(1))
		g.Expect(c.Tenants(t.Context())).To(BeEmpty())
		own := "Origin: http://" + h.Server.Addr()
		g.Expect(do(t, h, http.MethodDelete, "/api/v1/events", "", own).status).To(Equal(200), "the own page may, even if any origin may read")
	}
}

// Users may write host names in any form; browsers and clients send one form.
func TestNamesAreComparedAsBrowsersSendThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ public, san, host string }{
		{"https://Sentry.Example.COM", "", "sentry.example.com"},
		{"https://sentry.example.com", "", "SENTRY.example.com:443"},
		{"https://sentry.example.com./base", "", "sentry.example.com"},
		{"https://b\u00fccher.example", "", "xn--bcher-kva.example"},
		{"", "Other.Example.Com", "other.example.com:8000"},
		{"", "*.Example.com", "other.example.com"},
	} {
		names := []string{}
		if c.san != "" {
			names = append(names, c.san)
		}
		h := start(t, host.Config{PublicURL: c.public, CertNames: names})
		NewWithT(t).Expect(get(t, h, "/api/v1/health", "Host: "+c.host).status).To(Equal(200), c.host)
		NewWithT(t).Expect(get(t, h, "/api/v1/health", "Host: deeper."+c.host).status).To(Equal(403), c.host)
	}
	for allowed, origin := range map[string]string{
		"HTTPS://App.Test":            "https://app.test",
		"https://app.test:443/":       "https://app.test",
		"http://app.test:80":          "http://app.test",
		"http://app.test:443":         "http://app.test:443",
		"https://b\u00fccher.example": "https://xn--bcher-kva.example",
		"http://[::1]:3000":           "http://[::1]:3000",
	} {
		h := start(t, host.Config{AllowOrigins: []string{allowed}})
		NewWithT(t).Expect(get(t, h, "/api/v1/health", "Origin: "+origin).header.Get("Access-Control-Allow-Origin")).To(Equal(origin))
	}
}

func TestInvalidOrigins(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"app.test", "https://app.test/path", "https://", "https://app.test?x", "https://app.test#x", "https://ann@app.test", "https://*.app.test", "null"} {
		_, err := api.NewGuard([]string{origin}, nil)
		NewWithT(t).Expect(err).To(MatchError(`the origin "` + origin + `" is not of the form http://HOST:PORT or https://HOST:PORT`))
	}
}
