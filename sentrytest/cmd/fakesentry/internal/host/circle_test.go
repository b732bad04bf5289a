package host_test

import (
	"net"
	"net/http"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

// Reaches recognises the host's addresses in any spelling.
func TestReaches(t *testing.T) {
	t.Parallel()
	local := start(t, host.Config{TLS: true, PublicURL: "https://Sentry.test/base"})
	all := start(t, host.Config{Addr: ":0"})
	v4 := start(t, host.Config{Addr: "0.0.0.0:0", TLS: true, TLSAddr: ":0"})
	port := func(address string) string {
		u, err := url.Parse(address)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return ":" + u.Port()
	}
	own := "127.0.0.1"
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addrs {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil {
				own = ip.IP.String()
			}
		}
	}
	for _, c := range []struct {
		name    string
		host    *host.Host
		address string
		want    bool
	}{
		{"itself", local, local.Server.URL(), true},
		{"localhost", local, "http://localhost" + port(local.Server.URL()), true},
		{"capitals and a dot", local, "http://LOCALHOST." + port(local.Server.URL()), true},
		{"a path", local, local.Server.URL() + "/prefix", true},
		{"mapped", local, "http://[::ffff:127.0.0.1]" + port(local.Server.URL()), true},
		{"unspecified", local, "http://0.0.0.0" + port(local.Server.URL()), true},
		{"https", local, "https://localhost" + port(local.Server.TLSURL()), true},
		{"public URL", local, "https://sentry.TEST:443", true},
		{"another address", local, "http://127.0.0.2" + port(local.Server.URL()), false},
		{"another port", local, "http://127.0.0.1:1", false},
		{"the port of the scheme", local, "http://127.0.0.1", false},
		{"no address", local, "http://[", false},
		{"another loopback address of all", all, "http://127.0.0.2" + port(all.Server.URL()), true},
		{"IPv6 of all", all, "http://[::1]" + port(all.Server.URL()), true},
		{"an interface of all", all, "http://" + own + port(all.Server.URL()), true},
		{"elsewhere", all, "http://192.0.2.1" + port(all.Server.URL()), false},
		{"IPv4 of all IPv4", v4, "http://127.0.0.2" + port(v4.Server.URL()), true},
		{"IPv6 of all IPv4", v4, "http://[::1]" + port(v4.Server.URL()), false},
		{"IPv6 of all, over TLS", v4, "https://[::1]" + port(v4.Server.TLSURL()), true},
	} {
		NewWithT(t).Expect(c.host.Reaches(t.Context(), c.address)).To(Equal(c.want), c.name+": "+c.address)
	}
}

func TestReturnedEventsAreRefusedAndListed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{
		Returned: func(header http.Header) bool { return header.Get("Content-Type") == "application/json" },
		Received: func(*sentrytest.Arrival) { t.Error("it was stored as accepted") },
	})
	g.Expect(post(h.Server.Client(), h)).To(Equal(400))
	page, _, _ := h.Store.Deliveries(nil, 0, 10)
	g.Expect(page).To(HaveLen(1))
	g.Expect(page[0].Rejection.Reason).To(Equal("this server has forwarded the event itself: --forward leads back to it"))
	g.Expect(page[0].Request).To(And(HaveField("Path", "/api/1/store/"), HaveField("Answer.Status", 400)))
}
