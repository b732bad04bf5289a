package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Driver is what a registry knows of a transport. `raven transports` and the
// tables of the documentation are printed from it.
type Driver struct {
	// Schemes lead to the driver: "http", "https", or a name and '+' before
	// them, as in "sync+https". At least one.
	Schemes []string
	// Name is the transport's name; "" takes it from the first scheme.
	Name string
	// Engine is what carries the bytes, such as "net/http".
	Engine string
	// Delivery says in a few words how packets are delivered.
	Delivery string
	// WhenFull says what happens to a packet for which there is no room; "" for
	// transports that keep none waiting.
	WhenFull string
	// Blocking reports whether the caller of a capture waits for the delivery.
	Blocking bool
	// Sink is where packets end: "server", or "stderr" and "file" for the
	// transports that are for looking, not sending. "" counts as "server".
	Sink string
	// Options are checked by the registry before Open is called, whoever Open
	// belongs to. Nil leaves all checking to Open.
	Options []OptionSpec
	// Decodes says that Open decodes all Options with [DecodeOptions]. The
	// registry does not check them first then, so that files are read once.
	Decodes bool
	// Open makes the transport. It may be called by any number of goroutines.
	Open OpenFunc

	// foreign are options that Open ignores, beside those of the registry's
	// other drivers; nil refuses both.
	foreign []OptionSpec
}

// OpenFunc makes a transport for a DSN. It reads files that options name, but
// neither resolves nor dials.
type OpenFunc = func(dsn *DSN, env Env) (Transport, error)

// Env holds what a DSN can't: Go values for the transports of one client. The
// zero value is the default for all of it. Transports use what they can, and
// refuse a DSN whose options contradict it.
type Env struct {
	// DialContext opens connections; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is cloned, and the DSN's TLS options are applied to the clone.
	TLS *tls.Config
	// HTTPClient carries the requests of the transports on net/http. It stays
	// the caller's: it is copied, never closed, and redirects are not followed.
	HTTPClient *http.Client
	// Loop runs the callbacks of loop+….
	Loop Loop
	// Logger hears of what has no caller to go to, such as a callback that
	// panicked; nil means slog.Default.
	Logger *slog.Logger
	// Stderr is where stderr+… prints; nil means os.Stderr.
	Stderr io.Writer

	registry *Registry // the one that opens, for drivers that open others
}

// normalized returns a checked copy that shares no slice with the caller's.
func (d Driver) normalized() (Driver, error) {
	if len(d.Schemes) == 0 {
		return d, &DSNError{Part: "scheme", Reason: "is missing from the driver; give it at least one"}
	}
	if d.Open == nil {
		return d, errNoOpen
	}
	d.Schemes = slices.Clone(d.Schemes)
	d.Options = slices.Clone(d.Options)
	for i, scheme := range d.Schemes {
		d.Schemes[i] = strings.ToLower(scheme)
		if err := checkScheme(d.Schemes[i]); err != nil {
			return d, err
		}
	}
	if d.Name == "" {
		first := d.Schemes[0]
		d.Name = first[:max(strings.LastIndexByte(first, '+'), 0)]
		if d.Name == "" {
			d.Name = first
		}
	}
	if d.Sink == "" {
		d.Sink = "server"
	}
	return d, nil
}

func (e Env) logger() *slog.Logger {
	if e.Logger != nil {
		return e.Logger
	}
	return slog.Default()
}

// RefuseConnectionOptions is for transports whose connections a client of the
// program's own makes: every option of the DSN about connections is a fault
// then, since it would have no effect. owner names the client in the errors,
// *[OptionError] each.
func RefuseConnectionOptions(dsn *DSN, owner string) error {
	var faults []error
	for _, name := range []string{"verify_ssl", "ca_certs", "client_cert", "client_key", "proxy", "keepalive", "max_conns", "http2"} {
		if value := dsn.Option(name); value != "" {
			faults = append(faults, newOptionError(name, value, "no such option beside "+owner+", whose own Transport decides", errNotAllowed))
		}
	}
	return errors.Join(faults...)
}
