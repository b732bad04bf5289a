package transporttest

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest"
)

var envCases = []Case{
	{
		Name: "EnvDialContext", Rule: "Env.DialContext opens connections.",
		http1: "it counts connections over http", run: envDialContext,
	},
	{
		Name: "EnvTLS", Rule: "Env.TLS is cloned, and the DSN's TLS options are applied to the clone.",
		needs: []need{needsTLS}, run: overTLS(envTLS),
	},
}

// envDialContext uses a server that can be reached only through DialContext.
func envDialContext(t *trial) {
	srv := sentrytest.NewServer(t, sentrytest.InMemory())
	t.base = "http"
	var dials atomic.Int64
	env := t.h.env(t)
	env.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials.Add(1)
		return srv.DialContext(ctx, network, addr)
	}
	l := t.openEnv(env, t.dsn(srv))
	l.each(l.ways(), "", t.delivered)
	if n := int(dials.Load()); n != srv.Connections() {
		t.Errorf("DialContext was called %d times for %d connections", n, srv.Connections())
	}
}

func envTLS(t *trial) {
	srv := t.serve()
	env := t.h.env(t)
	env.TLS = &tls.Config{RootCAs: srv.CertPool()}
	trusting := t.openEnv(env, t.dsn(srv, "ca_certs", ""))
	replaced := t.openEnv(env, t.dsn(srv, "ca_certs", srv.OtherCACertFile()))
	unverified := t.openEnv(env, t.dsn(t.serveTLS(sentrytest.UnknownCA()), "ca_certs", "", "verify_ssl", "0"))
	replaced.each(replaced.attempts(), " with ca_certs of another CA", t.fails)
	unverified.each(unverified.ways(), " with verify_ssl=0", t.delivered)
	trusting.each(trusting.ways(), " with the CA in Env.TLS", t.delivered)
	if env.TLS.InsecureSkipVerify || !env.TLS.RootCAs.Equal(srv.CertPool()) {
		t.Errorf("the caller's tls.Config was changed")
	}
}
