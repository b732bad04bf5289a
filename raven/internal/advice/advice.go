// Package advice says how what keeps events from being delivered is put right:
// for the log of a client, and for people who ask the program raven. The texts
// never contain a secret.
package advice

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

// EndedContext is for a client's Close that had no time at all.
const EndedContext = "the context given to Close had already ended; in a test, t.Context() ends before Cleanup runs"

// For says how the cause of an error is put right, "" where there is nothing to
// say beyond the error. dsn is nil if it could not be read.
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
		return "wait until the time is over; if it comes again, look at the project's quota and rate limits"
	case errors.As(err, &api):
		return statusAdvice(api, dsn)
	case errors.Is(err, transport.ErrClosed):
		return "close the client last, when nothing captures any more; what takes long to deliver needs a longer shutdown_timeout in the DSN, or context of Close"
	case errors.Is(err, transport.ErrQueueFull):
		return "if these come in bursts, make the room larger that the error names, or let captures wait with overflow=block in the DSN; if they don't end, capture less (Throttle, WithSampleRate)"
	case errors.As(err, &network):
		return Network(network.Err, network.Host, dsn)
	}
	return ""
}

// optionAdvice has something on every option error in err, which may join
// several, and nothing twice.
func optionAdvice(err error) (fixes []string) {
	if option, ok := err.(*transport.OptionError); ok {
		if option.Option == "ca_certs" && !option.Unknown() {
			return []string{"ca_certs is the path, on this machine, of a file with the CA's certificate in PEM form"}
		}
		return []string{"raven transports lists the options of every transport, and what they may be"}
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
		return "put the address that the server redirects to into the DSN: its scheme, host and path"
	case status == http.StatusBadRequest && refusal.Message == "" && strings.HasSuffix(dsn.Scheme, "http"):
		return "if the server speaks TLS on this port, the DSN has to say https; otherwise its log tells what it did not like"
	case status == http.StatusBadRequest && !aboutKeys.MatchString(refusal.Message):
		return "the server's log tells what it did not like; a server from before envelopes needs protocol=store in the DSN"
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Sprintf("compare the DSN with the project's settings in Sentry (Client Keys): is %s the key of project %s, and is it enabled?", dsn.PublicKey, dsn.ProjectID)
	case status == http.StatusNotFound:
		return fmt.Sprintf("check the end of the DSN, %s/%s: is Sentry mounted there, and is that the project's id? Servers from before envelopes need protocol=store", dsn.Path, dsn.ProjectID)
	case status == http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password: proxy=http://USER:PASSWORD@HOST:PORT in the DSN"
	case status == http.StatusRequestEntityTooLarge:
		return "send less in an event: the server refuses those of this size"
	case status >= 500:
		return "the fault is the server's, or a proxy's in front of it: look at its log, and try again later"
	}
	return ""
}

// aboutKeys matches what servers say of a key that they don't know, which some
// answer with 400.
var aboutKeys = regexp.MustCompile(`(?i)\b(dsn|public[ _]key|sentry_key)\b`)

// Network is about an attempt to reach host, "" for the DSN's.
func Network(err error, host string, dsn *transport.DSN) string {
	var (
		op      *net.OpError
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
	)
	if errors.As(err, &op) && op.Op == "proxyconnect" && !errors.Is(err, context.Canceled) {
		if problem := CertificateProblem(op.Err); problem != "" {
			return fmt.Sprintf("the certificate of the proxy is not accepted (%s): check it, or name the file of its CA with ca_certs=FILE in the DSN; proxy=none in the DSN goes without one", problem)
		}
		return "check that the proxy runs and its address is right; proxy=none in the DSN goes without one"
	}
	if fix := certificateAdvice(err, dsn); fix != "" {
		return fix
	}
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("check the spelling of %s; if that is right, this machine's DNS does not know the name", cmp.Or(dns.Name, Hostname(dsn)))
	case errors.As(err, &dns):
		return "this machine's DNS servers do not answer as they should; in a container, look at its network settings"
	case errors.Is(err, connRefused):
		return fmt.Sprintf("nothing listens on %s: check host and port in the DSN, and that the server runs", withPort(host, dsn))
	case errors.Is(err, hostUnreachable), errors.Is(err, netUnreachable):
		return "there is no route from here to the server: check this machine's network, or go through a proxy with proxy=URL in the DSN"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("the server took more than %s: if it is slow, allow more with timeout=SECONDS in the DSN; if it never answers, a firewall may swallow what is sent", timeoutOf(dsn))
	}
	return schemeAdvice(err)
}

// schemeAdvice is about connections that end without an answer, which is what
// http and https look like to each other.
func schemeAdvice(err error) string {
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), isRecordHeader(err):
		return "the server does not speak TLS on this port: change https to http in the DSN, or take the port on which it does"
	case errors.Is(err, connReset), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "malformed HTTP"):
		return "the connection was closed without an answer: look at the log of the server, or of the proxy in front of it, and whether the DSN's scheme (http, https) suits the port"
	}
	return ""
}

// withPort is the address that was dialled for a host, which is not the DSN's
// own where a tee sends to others.
func withPort(host string, dsn *transport.DSN) string {
	if host == "" || host == dsn.Host {
		return hostPort(dsn)
	}
	return host
}

func timeoutOf(dsn *transport.DSN) string {
	var cfg transport.HTTPConfig
	// The option has been checked before anything was sent.
	_ = transport.DecodeOptions(OptionsFor(dsn, &cfg), &cfg)
	return cmp.Or(cfg.Timeout, transport.DefaultTimeout).String()
}

// OptionsFor returns the options of a DSN that a configuration knows.
func OptionsFor(dsn *transport.DSN, cfg transport.OptionBinder) map[string][]string {
	options := make(map[string][]string)
	for _, spec := range transport.OptionSpecs(cfg) {
		if values := dsn.Options[spec.Name]; len(values) > 0 {
			options[spec.Name] = values
		}
	}
	return options
}
