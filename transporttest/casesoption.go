package transporttest

import (
	"errors"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

var optionCases = []Case{
	{
		Name: "UnknownOption", Rule: "An unknown option is an *OptionError that says so.",
		http1: "no connection is opened", run: unknownOption,
	},
	{
		Name: "BadOption", Rule: "A bad value is an *OptionError that names the option and what is allowed.",
		http1: "no connection is opened", run: badOption,
	},
	{
		Name: "AllFaults", Rule: "Opening a transport checks all options, and the error has all faults.",
		http1: "no connection is opened", run: allFaults,
	},
	{
		Name: "OpenStaysQuiet", Rule: "Open may read files that options name. It must not resolve names or dial.",
		http1: "no connection is opened", run: openStaysQuiet,
	},
	{
		Name: "Proxy", Rule: "Requests go through the proxy of the option proxy.",
		http1: "it uses http, so that the proxy sees the request", run: proxy,
	},
}

// openError opens a transport with invalid options and returns the error.
func (t *trial) openError(params ...string) error {
	t.Helper()
	dsn := t.dsn(t.serve(), params...)
	tr, err := t.h.open(dsn, t.h.env(t))
	if err == nil {
		closeNow(tr, t.h.patience())
		t.Errorf("%v was opened, want an error", dsn)
	}
	return err
}

func unknownOption(t *trial) {
	for _, name := range []string{"tiemout", "no_such_option"} {
		err := t.openError(name, "1")
		fault, ok := errors.AsType[*transport.OptionError](err)
		if err != nil && (!ok || !fault.Unknown() || fault.Option != name) {
			t.Errorf("want an *OptionError with Unknown about %s, got %v", name, err)
		}
	}
}

func badOption(t *trial) {
	for _, bad := range [][2]string{
		{"timeout", "soon"},
		{"timeout", "0"},
		{"verify_ssl", "perhaps"},
		{"ca_certs", "no-such-file.pem"},
		{"client_cert", "no-such-file.pem"},
		{"compression", "lzma"},
		{"proxy", "gopher://proxy"},
		{"keepalive", "perhaps"},
		{"max_conns", "0"},
	} {
		name, value := bad[0], bad[1]
		err := t.openError(name, value)
		fault, ok := errors.AsType[*transport.OptionError](err)
		if err != nil && (!ok || fault.Unknown() || fault.Option != name || fault.Allowed == "") {
			t.Errorf("want an *OptionError about %s=%s that says what is allowed, got %v", name, value, err)
		}
	}
}

func allFaults(t *trial) {
	err := t.openError("timeout", "soon", "compression", "lzma", "no_such_option", "1")
	if err == nil {
		return
	}
	for _, name := range []string{"timeout", "compression", "no_such_option"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("three options are invalid, but the error does not name %s: %v", name, err)
		}
	}
}

func openStaysQuiet(t *trial) {
	srv := t.serve()
	t.open(srv).shut()
	// Connections are accepted in order: when the used one is accepted, all
	// earlier ones have been counted.
	l := t.open(srv)
	p := l.packet()
	t.delivered("the one packet", p, l.send(p))
	if n := srv.Connections(); n != 1 {
		t.Errorf("want one connection for one packet and an unused transport, got %d", n)
	}
}

// proxy uses a fake server as the proxy: both accept the same requests. The
// host in the DSN does not resolve, so that only the proxy can be used.
func proxy(t *trial) {
	t.base = "http"
	srv := t.serve()
	dsn := t.dsn(srv, "proxy", "http://"+t.addr(srv))
	dsn.Host = "sentry.invalid"
	l := t.openEnv(t.h.env(t), dsn)
	for _, w := range l.ways() {
		p := l.packet()
		t.delivered(w.name, p, w.send(p))
		if requests := srv.Requests(); len(requests) > 0 && requests[len(requests)-1].Host != dsn.Host {
			t.Errorf("%s: the proxy got a request for the host %q", w.name, requests[len(requests)-1].Host)
		}
	}
}
