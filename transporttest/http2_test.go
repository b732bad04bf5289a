package transporttest_test

import (
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// withoutHTTP2 opens sync+… with http2=0.
func withoutHTTP2(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	dsn = dsn.Clone()
	dsn.Options.Set("http2", "0")
	return openSound("sync", dsn, env)
}

// If a harness promises HTTP/2, every case checks it.
func TestHTTP2IsChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		h := transporttest.Harness{Open: withoutHTTP2, HTTP2: true, Network: new(transporttest.Network)}
		failures := transporttest.Check(t.Context(), h)
		g.Expect(failures["Delivers"]).To(MatchError(And(
			HavePrefix("Delivers (over https, HTTP/2): the server offers HTTP/2, but got a request over HTTP/1.1: POST /api/1/envelope/"),
			ContainSubstring("the rule: A 2xx answer is a Response."))))
		for _, name := range []string{"BodyIntact", "Refusals", "KeepAlive", "Retired", "TLSUnverified"} {
			g.Expect(failures).To(HaveKey(name))
		}
		for _, name := range []string{"KeepAliveOff", "UnknownOption", "EnvDialContext", "Proxy"} {
			g.Expect(failures).NotTo(HaveKey(name), "the case is not about HTTP/2")
		}
		h.HTTP2 = false
		g.Expect(transporttest.Check(t.Context(), h)).To(BeEmpty())
	})
}

// Cases about HTTP/1.1 log why they are not run over HTTP/2.
func TestCasesNotRunOverHTTP2HaveAReason(t *testing.T) {
	t.Parallel()
	for _, c := range transporttest.Cases() {
		if c.Name != "Proxy" {
			continue
		}
		h := onHost(t, func(h *host) { c.Run(h, transporttest.Harness{Scheme: "sync", HTTP2: true}) })
		NewWithT(t).Expect(h.logs).To(ContainElement(HavePrefix("Proxy: not run over HTTP/2: it uses http")))
	}
}
