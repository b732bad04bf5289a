package sentrytest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

func (p *Proxy) handle(w http.ResponseWriter, r *http.Request) {
	seen := p.record(r)
	switch {
	case !p.allows(r):
		w.Header().Set("Proxy-Authenticate", `Basic realm="sentrytest"`)
		p.refuse(w, seen, http.StatusProxyAuthRequired, "this proxy asks for other credentials")
	case r.Method == http.MethodConnect:
		p.connect(w, r, seen)
	case r.URL.Host == "":
		p.refuse(w, seen, http.StatusBadRequest, "this is a proxy: it takes CONNECT and absolute URLs, not "+r.URL.Path)
	default:
		p.forward.ServeHTTP(&statusRecorder{ResponseWriter: w, record: func(status int) { p.answered(seen, status) }}, r)
	}
}

func (p *Proxy) refuse(w http.ResponseWriter, seen *ProxyRequest, status int, text string) {
	p.answered(seen, status)
	http.Error(w, "sentrytest: "+text, status)
}

func (p *Proxy) allows(r *http.Request) bool {
	if !p.cfg.auth {
		return true
	}
	user, password := proxyCredentials(r)
	return user == p.cfg.user && password == p.cfg.password
}

// proxyCredentials reads Proxy-Authorization, which has the form of
// Authorization.
func proxyCredentials(r *http.Request) (user, password string) {
	asked := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	user, password, _ = asked.BasicAuth()
	return user, password
}

// passOn leaves a request as it came; ReverseProxy itself takes out what is
// meant for the proxy alone.
func passOn(r *httputil.ProxyRequest) {
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	for key, values := range r.In.Header {
		if strings.HasPrefix(key, "X-Forwarded-") || key == "Forwarded" {
			r.Out.Header[key] = values
		}
	}
}

// statusRecorder records a status before it is sent.
type statusRecorder struct {
	http.ResponseWriter
	record func(int)
}

func (s *statusRecorder) WriteHeader(status int) {
	if status >= 200 {
		s.record(status)
	}
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets ReverseProxy flush, through http.ResponseController.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// connect opens a tunnel and holds it until either end closes.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request, seen *ProxyRequest) {
	target, err := p.cfg.dialTunnel(r.Context(), "tcp", r.Host)
	if err != nil {
		p.refuse(w, seen, http.StatusBadGateway, err.Error())
		return
	}
	defer target.Close()
	p.answered(seen, http.StatusOK)
	serving.Hijack(w, r, func(client net.Conn) error {
		defer client.Close()
		if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
			return err
		}
		var ways sync.WaitGroup
		ways.Go(func() { pipe(target, client) })
		ways.Go(func() { pipe(client, target) })
		ways.Wait()
		return nil
	})
}

// pipe copies until src ends, and then ends dst in the same way, by a reset or
// in order.
func pipe(dst, src net.Conn) {
	if _, err := io.Copy(dst, src); errors.Is(err, errno.ConnReset) {
		_ = sockets.Reset(dst)
		return
	}
	_ = dst.Close()
}
