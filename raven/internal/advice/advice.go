// Package advice says how to fix errors that keep events from being delivered:
// for the log of a client, and for users of the program raven. The texts never
// contain a secret. The package must not import package raven.
package advice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

// EndedContext is for a Close of the client whose context had ended before.
const EndedContext = "the context given to Close had already ended; in a test, t.Context() ends before Cleanup runs"

// For says how to fix the cause of an error, "" if there is nothing to add. dsn
// is nil if it is invalid.
func For(err error, dsn *transport.DSN) string {
	var (
		badDSN  *transport.DSNError
		scheme  *transport.UnknownSchemeError
		option  *transport.OptionError
		api     *transport.APIError
		limited *transport.RateLimitedError
		network *transport.NetworkError
	)
	switch {
	case errors.As(err, &badDSN):
		return "copy the DSN from the project's settings in Sentry (Client Keys), and quote it for the shell"
	case errors.As(err, &scheme):
		return "raven transports lists every scheme"
	case errors.As(err, &option):
		return strings.Join(optionAdvice(err), "; ")
	case errors.As(err, &limited):
		return "wait until the limit ends; if it returns, check the project's quota and rate limits"
	case errors.As(err, &api):
		return statusAdvice(api, dsn)
	case errors.As(err, &network) && !errors.Is(network.Err, transport.ErrClosed): // also if Close gave up
		return Network(network.Err, network.Host, dsn)
	case errors.Is(err, transport.ErrClosed):
		return "close the client last, after all captures; if deliveries take long, set a longer shutdown_timeout in the DSN, or a longer context for Close"
	case errors.Is(err, transport.ErrQueueFull):
		return "if these come in bursts, raise the limit named in the error, or let captures wait with overflow=block in the DSN; if they don't end, capture less (Throttle, WithSampleRate)"
	}
	return ""
}

// optionAdvice returns advice for every option error in err, which may join
// several, without repetition.
func optionAdvice(err error) (fixes []string) {
	if option, ok := err.(*transport.OptionError); ok {
		if option.Option == "ca_certs" && !option.Unknown() {
			return []string{"ca_certs is the path, on this machine, of a file with the CA's certificate in PEM form"}
		}
		if path := (*fs.PathError)(nil); option.Option == "spool_dir" && errors.As(option.Err, &path) {
			return []string{"spool_dir is a directory on this machine: check that the user who runs the program may make it and write to it, and that the disk has room"}
		}
		return []string{"raven transports lists the options of every transport and their values"}
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return optionAdvice(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range err.Unwrap() {
			for _, fix := range optionAdvice(e) {
				if !slices.Contains(fixes, fix) {
					fixes = append(fixes, fix)
				}
			}
		}
	}
	return fixes
}

func statusAdvice(refusal *transport.APIError, dsn *transport.DSN) string {
	switch status := refusal.Status; {
	case status >= 300 && status < 400:
		return "set the DSN to the address in the server's redirect: its scheme, host and path"
	case status == http.StatusBadRequest && refusal.Message == "" && strings.HasSuffix(dsn.Scheme, "http"):
		return "if the server speaks TLS on this port, the DSN must begin with https; otherwise the server's log has the reason"
	case status == http.StatusBadRequest && !aboutKeys.MatchString(refusal.Message):
		return "the server's log has the reason; a server without envelopes needs protocol=store in the DSN"
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Sprintf("compare the DSN with the project's settings in Sentry (Client Keys): is %s the key of project %s, and is it enabled?", dsn.PublicKey, dsn.ProjectID)
	case status == http.StatusNotFound:
		return fmt.Sprintf("check the end of the DSN, %s/%s: is Sentry at this path, and is that the project's id? Servers without envelopes need protocol=store", dsn.Path, dsn.ProjectID)
	case status == http.StatusProxyAuthRequired:
		return "the proxy requires a user and a password: proxy=http://USER:PASSWORD@HOST:PORT in the DSN"
	case status == http.StatusRequestEntityTooLarge:
		return "send less data in an event: the server refuses events of this size"
	case status >= 500:
		return "the server failed, or a proxy in front of it: check its log, and try again later"
	}
	return ""
}

// aboutKeys matches servers' messages about an unknown key; some servers answer
// with 400.
var aboutKeys = regexp.MustCompile(`(?i)\b(dsn|public[ _]key|sentry_key)\b`)

// Network returns advice for a failed attempt to reach host, "" for the DSN's
// host.
func Network(err error, host string, dsn *transport.DSN) string {
	var (
		op      *net.OpError
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
	)
	if errors.As(err, &op) && op.Op == "proxyconnect" && !errors.Is(err, context.Canceled) {
		if problem := CertificateProblem(op.Err); problem != "" {
			return fmt.Sprintf("the certificate of the proxy is not accepted (%s): check it, or set the file of its CA with ca_certs=FILE in the DSN; proxy=none in the DSN uses no proxy", problem)
		}
		return "check that the proxy runs and its address is right; proxy=none in the DSN uses no proxy"
	}
	if fix := certificateAdvice(err, dsn); fix != "" {
		return fix
	}
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("check the spelling of %s; if it is right, this machine's DNS has no such name", cmp.Or(dns.Name, Hostname(dsn)))
	case errors.As(err, &dns):
		return "this machine's DNS servers do not answer; in a container, check its network settings"
	case errors.Is(err, connRefused):
		return fmt.Sprintf("nothing listens on %s: check host and port in the DSN, and that the server runs", withPort(host, dsn))
	case errors.Is(err, hostUnreachable), errors.Is(err, netUnreachable):
		return "there is no route to the server: check this machine's network, or use a proxy with proxy=URL in the DSN"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("the server took more than %s: if it is slow, set timeout=SECONDS in the DSN; if it never answers, a firewall may drop the packets", timeoutOf(dsn))
	}
	return schemeAdvice(err)
}

// schemeAdvice returns advice for connections that end without an answer. That
// happens when one side uses http and the other https.
func schemeAdvice(err error) string {
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), isRecordHeader(err):
		return "the server does not speak TLS on this port: change https to http in the DSN, or use the port for TLS"
	case errors.Is(err, connReset), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "malformed HTTP"):
		return "the connection was closed without an answer: check the log of the server, or of the proxy in front of it, and whether the DSN's scheme (http, https) matches the port"
	}
	return ""
}

// withPort returns the address that was dialled for a host. It is not the DSN's
// address if a tee sends to others.
func withPort(host string, dsn *transport.DSN) string {
	if host == "" || host == dsn.Host {
		return hostPort(dsn)
	}
	return host
}

func timeoutOf(dsn *transport.DSN) string {
	var cfg transport.HTTPConfig
	// The option was checked before anything was sent.
	_ = transport.DecodeOptions(OptionsFor(dsn, &cfg), &cfg)
	return cmp.Or(cfg.Timeout, transport.DefaultTimeout).String()
}

// OptionsFor returns the options of a DSN that a configuration has.
func OptionsFor(dsn *transport.DSN, cfg transport.OptionBinder) map[string][]string {
	options := make(map[string][]string)
	for _, spec := range transport.OptionSpecs(cfg) {
		if values := dsn.Options[spec.Name]; len(values) > 0 {
			options[spec.Name] = values
		}
	}
	return options
}
