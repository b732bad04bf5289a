package host

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// refuseReturned refuses requests that this program has forwarded itself.
// Otherwise an event would circulate for ever.
func (h *Host) refuseReturned(next http.Handler, cfg Config) http.Handler {
	if cfg.Returned == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !cfg.Returned(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		a := returned(r)
		if err := h.Store.Add(r.Context(), a); err != nil && cfg.Failed != nil && r.Context().Err() == nil {
			cfg.Failed(err)
		}
		for name, values := range a.Request.Answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(a.Request.Answer.Status)
		_, _ = io.WriteString(w, a.Request.Answer.Body) // fails if the client has left
	})
}

// maxReturned bounds how much of a refused request is read. The client must be
// able to finish writing, or it would not see the answer.
const maxReturned = 256 << 20

// returned is the record of a request that came back. Clients do not retry its
// status.
func returned(r *http.Request) *sentrytest.Arrival {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxReturned)) // its contents do not matter
	const reason = "this server has forwarded the event itself: --forward leads back to it"
	body, _ := json.Marshal(map[string]string{"detail": reason}) // a map of strings can always be encoded
	return &sentrytest.Arrival{
		Request: sentrytest.Request{
			Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Proto: r.Proto, TLS: r.TLS != nil, Header: r.Header.Clone(),
			Answer: sentrytest.Answer{
				Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}, "X-Sentry-Error": {reason}}, Body: string(body),
			},
		},
		Rejection: &sentrytest.Rejection{Status: http.StatusBadRequest, Reason: reason},
	}
}

// endpoint is an address with a listener.
type endpoint struct {
	ip   netip.Addr // unspecified for all addresses of this machine; :: includes IPv4
	port string
}

func endpoints(srv *sentrytest.Server, cfg Config) []endpoint {
	out := []endpoint{endpointOf(srv.URL(), cfg.Addr)}
	if srv.TLSURL() != "" {
		out = append(out, endpointOf(srv.TLSURL(), cfg.TLSAddr))
	}
	return out
}

// endpointOf returns the endpoint behind a URL of the server. The configured
// address tells whether the server listens on all addresses; the URL then has
// one that can be dialled.
func endpointOf(address, asked string) endpoint {
	host, port := hostPort(address)
	e := endpoint{port: port}
	e.ip, _ = netip.ParseAddr(host)
	if wish, _, err := net.SplitHostPort(asked); err == nil {
		ip, err := netip.ParseAddr(wish)
		switch {
		case wish == "":
			e.ip = netip.IPv6Unspecified()
		case err == nil && ip.IsUnspecified():
			e.ip = ip
		}
	}
	return e
}

// hostPort returns the host and the port of a URL. The default port is that of
// the scheme.
func hostPort(address string) (host, port string) {
	u, err := url.Parse(address)
	if err != nil {
		return "", ""
	}
	port = u.Port()
	switch {
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port
}

// Reaches reports whether the URL leads to this host under any name. It
// resolves names until ctx ends. It returns false for a name that can't be
// resolved.
func (h *Host) Reaches(ctx context.Context, address string) bool {
	host, port := hostPort(address)
	if h.public != nil {
		if name, number := hostPort(h.public.String()); name == host && number == port {
			return true
		}
	}
	ips, err := addresses(ctx, host)
	if err != nil {
		return false
	}
	for _, ip := range ips {
		if slices.ContainsFunc(h.listens, func(l endpoint) bool { return l.port == port && l.takes(ip) }) {
			return true
		}
	}
	return false
}

// takes reports whether connections to the address arrive at the endpoint.
func (e endpoint) takes(ip netip.Addr) bool {
	switch {
	case e.ip.IsUnspecified():
		return isOwn(ip) && (e.ip.Is6() || ip.Is4())
	case ip.IsUnspecified(): // dialling it reaches loopback
		return e.ip.IsLoopback()
	}
	return e.ip == ip
}

func addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	ips := []netip.Addr{}
	ip, err := netip.ParseAddr(host)
	if err == nil {
		ips = append(ips, ip)
	} else if ips, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	for i, ip := range ips {
		ips[i] = ip.Unmap().WithZone("")
	}
	return ips, nil
}

// isOwn reports whether the address is one of this machine.
func isOwn(ip netip.Addr) bool {
	if ip.IsLoopback() || ip.IsUnspecified() {
		return true
	}
	own, _ := net.InterfaceAddrs() // an error leaves the list empty
	for _, addr := range own {
		if prefix, err := netip.ParsePrefix(addr.String()); err == nil && prefix.Addr().Unmap().WithZone("") == ip {
			return true
		}
	}
	return false
}
