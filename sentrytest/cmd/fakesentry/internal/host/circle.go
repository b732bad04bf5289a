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

// refuseReturned refuses requests that this program has passed on itself. Without that, one event would go round for
// ever.
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
		_, _ = io.WriteString(w, a.Request.Answer.Body) // a client that is gone is nobody's problem
	})
}

// maxReturned bounds what is read of a request that is refused. A client that is cut off while it writes would not see
// why.
const maxReturned = 256 << 20

// returned is the record of a request that comes in a circle. The status is one that no client tries again.
func returned(r *http.Request) *sentrytest.Arrival {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxReturned)) // whether it arrives makes no difference
	const reason = "this server has passed the event on itself: --forward leads back to it"
	body, _ := json.Marshal(map[string]string{"detail": reason}) // of strings, which never fails
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

// endpoint is an address that is listened on.
type endpoint struct {
	ip   netip.Addr // unspecified for every address of this machine, with :: those of IPv4 too
	port string
}

func endpoints(srv *sentrytest.Server, cfg Config) []endpoint {
	out := []endpoint{endpointOf(srv.URL(), cfg.Addr)}
	if srv.TLSURL() != "" {
		out = append(out, endpointOf(srv.TLSURL(), cfg.TLSAddr))
	}
	return out
}

// endpointOf returns the endpoint behind a URL of the server. What was asked for tells whether it is every address: the
// URL has one then that can be dialled.
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

// hostPort returns the host and the port of a URL, which may be that of its scheme.
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

// Reaches reports whether the URL leads to this host, by whatever name. It looks names up, until ctx ends; a name that
// can't be found leads elsewhere.
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

// takes reports whether a connection to the address arrives here.
func (e endpoint) takes(ip netip.Addr) bool {
	switch {
	case e.ip.IsUnspecified():
		return isOwn(ip) && (e.ip.Is6() || ip.Is4())
	case ip.IsUnspecified(): // it is dialled as loopback
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
	own, _ := net.InterfaceAddrs() // what is not known is not found out
	for _, addr := range own {
		if prefix, err := netip.ParsePrefix(addr.String()); err == nil && prefix.Addr().Unmap().WithZone("") == ip {
			return true
		}
	}
	return false
}
