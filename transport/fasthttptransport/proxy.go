package fasthttptransport

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"
)

func isSOCKS(u *url.URL) bool { return u.Scheme == "socks5" || u.Scheme == "socks5h" }

func basicAuth(u *url.URL) string {
	if u.User == nil {
		return ""
	}
	password, _ := u.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
}

// tunnel asks an HTTP proxy for a connection to the origin.
func tunnel(ctx context.Context, raw, conn net.Conn, r route) error {
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	err := connectThrough(conn, r)
	if !stop() {
		return ctx.Err()
	}
	return err
}

func connectThrough(conn net.Conn, r route) error {
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: r.addr}, Host: r.addr, Header: make(http.Header)}
	if auth := basicAuth(r.proxy); auth != "" {
		ask.Header.Set("Proxy-Authorization", auth)
	}
	if err := ask.Write(conn); err != nil {
		return err
	}
	// A TLS server waits for the client to begin, so the reader can't swallow
	// bytes behind the answer.
	answer, err := http.ReadResponse(bufio.NewReader(conn), ask)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("fasthttptransport: proxy %s refuses to connect: %s", r.proxy.Host, answer.Status)
	}
	return nil
}

// socks asks a SOCKS5 proxy for a connection to the origin.
func socks(ctx context.Context, conn net.Conn, r route) error {
	var auth *proxy.Auth
	if user := r.proxy.User; user != nil {
		password, _ := user.Password()
		auth = &proxy.Auth{User: user.Username(), Password: password}
	}
	dialer, err := proxy.SOCKS5("tcp", addrOf(r.proxy), auth, dialled{conn})
	if err != nil {
		return err
	}
	_, err = dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", r.addr)
	return err
}

// dialled is a proxy.Dialer and proxy.ContextDialer that returns an existing
// connection.
type dialled struct{ conn net.Conn }

func (d dialled) Dial(string, string) (net.Conn, error) { return d.conn, nil }

func (d dialled) DialContext(context.Context, string, string) (net.Conn, error) { return d.conn, nil }
