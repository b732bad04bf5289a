package transport

import (
	"cmp"
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

// Driver describes a transport to a registry. `raven transports` and the tables
// of the documentation are printed from it.
type Driver struct {
	// Schemes are the schemes of the driver: "http", "https", or a name with
	// '+' and one of them, as in "sync+https". At least one is required.
	Schemes []string
	// Name is the transport's name; "" means the name in the first scheme.
	Name string
	// Engine names the HTTP library, such as "net/http".
	Engine string
	// Delivery says in a few words how packets are delivered.
	Delivery string
	// WhenFull says what happens to a packet for which there is no room; "" for
	// transports without a queue.
	WhenFull string
	// Blocking reports whether the caller of a capture waits for the delivery.
	Blocking bool
	// Sink is where packets go: "server", or "stderr" or "file" for transports
	// that send nothing. "" means "server".
	Sink string
	// Options are checked by the registry before Open is called. If Options is
	// nil, Open checks the options itself.
	Options []OptionSpec
	// Decodes says that Open decodes all Options with [DecodeOptions]. The
	// registry then does not check them before, so that files are read once.
	Decodes bool
	// Open makes the transport. It must be safe for concurrent use.
	Open OpenFunc

	// foreign are further options that Open ignores, and with them it ignores
	// those of the registry's other drivers. Nil refuses both.
	foreign []OptionSpec
}

// OpenFunc makes a transport for a DSN. It may read files that options name. It
// must not resolve names or dial.
type OpenFunc = func(dsn *DSN, env Env) (Transport, error)

// Env holds Go values for the transports of one client that a DSN can't hold.
// The zero value means the default for each. A transport ignores values that it
// can't use, and refuses a DSN whose options contradict them.
type Env struct {
	// DialContext opens connections; nil means a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is cloned, and the DSN's TLS options are applied to the clone.
	TLS *tls.Config
	// HTTPClient sends the requests of transports on net/http. It is copied and
	// never closed. Redirects are not followed.
	HTTPClient *http.Client
	// Loop runs the callbacks of loop+….
	Loop Loop
	// Logger logs errors that no caller receives, such as a callback that
	// panicked; nil means slog.Default.
	Logger *slog.Logger
	// Stderr is where stderr+… prints; nil means os.Stderr.
	Stderr io.Writer

	registry *Registry // the opening registry, for drivers that open other DSNs
}

// normalized checks d and returns a copy that shares no slice with it.
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

func (e Env) logger() *slog.Logger { return cmp.Or(e.Logger, slog.Default()) }

// RefuseConnectionOptions is for transports whose connections a client of the
// program makes. Options about connections would have no effect there, so each
// is a fault. owner names the client in the errors; they join one
// *[OptionError] each.
func RefuseConnectionOptions(dsn *DSN, owner string) error {
	var faults []error
	for _, name := range []string{"verify_ssl", "ca_certs", "client_cert", "client_key", "proxy", "keepalive", "max_conns", "http2"} {
		if value := dsn.Option(name); value != "" {
			faults = append(faults, newOptionError(name, value, "no such option with "+owner+": its own Transport decides", errNotAllowed))
		}
	}
	return errors.Join(faults...)
}
