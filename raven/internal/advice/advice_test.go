package advice_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// A server that gives the reason in JSON does not use TLS, so only the reason
// counts.
func TestForABadRequest(t *testing.T) {
	const (
		key = "compare the DSN with the project's settings in Sentry (Client Keys): is key the key of project 1, and is it enabled?"
		tls = "if the server speaks TLS on this port, the DSN must begin with https; otherwise the server's log has the reason"
		log = "the server's log has the reason; a server without envelopes needs protocol=store in the DSN"
	)
	for _, tt := range []struct{ scheme, says, want string }{
		{"http", "bad sentry DSN public key", key},
		{"https", "bad sentry DSN public key", key},
		{"https", "invalid sentry_key", key},
		{"http", "invalid event envelope", log},
		{"https", "invalid event envelope", log},
		{"http", "", tls},
		{"https", "", log},
	} {
		t.Run(tt.scheme+" "+tt.says, func(t *testing.T) {
			g := NewWithT(t)
			dsn, err := transport.ParseDSN(tt.scheme + "://key@h/1")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(advice.For(&transport.APIError{Status: 400, Message: tt.says}, dsn)).To(Equal(tt.want))
		})
	}
}

// An error of Close that has a cause is about the cause.
func TestForAfterClose(t *testing.T) {
	g := NewWithT(t)
	dsn, err := transport.ParseDSN("https://key@h/1")
	g.Expect(err).NotTo(HaveOccurred())
	refused := &transport.NetworkError{Host: "h:443", Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}}
	unanswered := &transport.NetworkError{Host: "h:443", Err: transport.ErrClosed}
	g.Expect(advice.For(fmt.Errorf("%w before: %w", transport.ErrClosed, refused), dsn)).To(Equal(advice.For(refused, dsn)))
	for _, err := range []error{transport.ErrClosed, unanswered} {
		g.Expect(advice.For(err, dsn)).To(HavePrefix("close the client last"))
	}
}

func TestForOptions(t *testing.T) {
	const (
		list = "raven transports lists the options of every transport and their values"
		ca   = "ca_certs is the path, on this machine, of a file with the CA's certificate in PEM form"
		dir  = "spool_dir is a directory on this machine: check that the user who runs the program may make it and write to it, and that the disk has room"
	)
	spool := &transport.OptionError{Option: "spool_dir", Err: &fs.PathError{Op: "mkdir", Path: "/x", Err: fs.ErrPermission}}
	certs, timeout, proxy := &transport.OptionError{Option: "ca_certs"}, &transport.OptionError{Option: "timeout"}, &transport.OptionError{Option: "proxy"}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"one":          {timeout, list},
		"a file":       {certs, ca},
		"a directory":  {spool, dir},
		"not that":     {&transport.OptionError{Option: "spool_dir", Err: errors.New("not allowed")}, list},
		"wrapped":      {fmt.Errorf("raven: %w", certs), ca},
		"several":      {errors.Join(timeout, proxy), list},
		"a file first": {errors.Join(fmt.Errorf("x: %w", errors.Join(certs, timeout)), proxy), ca + "; " + list},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(advice.For(tt.err, nil)).To(Equal(tt.want))
		})
	}
}

// A failure of the proxy is not a failure of the server or of the DSN's host.
func TestForProxies(t *testing.T) {
	const runs = "check that the proxy runs and its address is right; proxy=none in the DSN uses no proxy"
	for name, tt := range map[string]struct {
		cause error
		want  string
	}{
		"refused":     {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, runs},
		"unknown":     {&net.DNSError{Name: "proxy.invalid", IsNotFound: true}, runs},
		"silent":      {os.ErrDeadlineExceeded, runs},
		"not trusted": {x509.UnknownAuthorityError{}, "the certificate of the proxy is not accepted (signed by an unknown authority): check it, or set the file of its CA with ca_certs=FILE in the DSN; proxy=none in the DSN uses no proxy"},
		"cancelled":   {context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dsn, err := transport.ParseDSN("https://key@sentry.example/1")
			g.Expect(err).NotTo(HaveOccurred())
			network := &transport.NetworkError{Host: "sentry.example", Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: tt.cause}}
			g.Expect(advice.For(network, dsn)).To(Equal(tt.want))
		})
	}
}
