package transporttest

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Harness says where the conformance suite finds the transport. The zero value
// is the transport of the schemes http and https in the default registry.
type Harness struct {
	// Scheme is the transport's name before "+http" and "+https" in a DSN, such
	// as "sync". "" means http and https without a name.
	Scheme string
	// Registry has the driver for the scheme; nil means the default registry.
	Registry *transport.Registry
	// Open makes the transport in place of a registry. It must obey the options
	// of the DSN.
	Open transport.OpenFunc
	// Env makes the Go values that the transport needs, for every transport
	// that a case opens; nil means none. Use t.Cleanup to stop them; it runs
	// after the transport was closed. Cases about a field of the Env set that
	// field themselves.
	Env func(t T) transport.Env
	// HTTP2 says that the transport uses HTTP/2 with servers that offer it.
	// Every case then also runs over HTTP/2, and fails if the transport used
	// HTTP/1.1. Cases about HTTP/1.1 log why they don't run. Without HTTP2 the
	// servers offer HTTP/1.1 only.
	HTTP2 bool
	// Network is the network of the cases' servers in a testing/synctest
	// bubble; nil means sockets on loopback. The transport must obey
	// Env.DialContext. Subtests can't run in a bubble, so either every case
	// gets a bubble of its own, or [Check] runs in one:
	//
	//	synctest.Test(t, func(t *testing.T) {
	//		failures := transporttest.Check(t.Context(), transporttest.Harness{Scheme: "sync", Network: new(transporttest.Network)})
	//		…
	//	})
	Network *Network
	// Skip names the cases to skip, each with the reason. A name that no case
	// has is a failure, so that Skip has no stale names.
	Skip map[string]string
	// Patience is how long a case waits for an event before it fails; 0 means
	// ten seconds. If the transport is correct, no case waits that long.
	Patience time.Duration
}

func (h Harness) patience() time.Duration {
	if h.Patience > 0 {
		return h.Patience
	}
	return 10 * time.Second
}

func (h Harness) registry() *transport.Registry {
	if h.Registry != nil {
		return h.Registry
	}
	return transport.DefaultRegistry()
}

func (h Harness) open(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	if h.Open != nil {
		return h.Open(dsn, env)
	}
	return h.registry().Open(dsn, env)
}

// bases returns the schemes with the transport's name: "http", "https" or both,
// in this order.
func (h Harness) bases() []string {
	bases := []string{"http", "https"}
	if h.Open != nil {
		return bases
	}
	return slices.DeleteFunc(bases, func(base string) bool { return !h.registry().Supports(h.scheme(base)) })
}

// carrier is a way for a transport to reach a server.
type carrier struct {
	base  string // "http" or "https"
	http2 bool   // the server offers it
}

// carriers returns the carriers that a case runs over.
func (h Harness) carriers(c Case) []carrier {
	bases := h.bases()
	if !c.both {
		bases = bases[:min(len(bases), 1)]
	}
	var all []carrier
	for _, base := range bases {
		all = append(all, carrier{base, false})
	}
	if h.HTTP2 && c.http1 == "" && slices.Contains(h.bases(), "https") {
		all = append(all, carrier{"https", true})
	}
	return all
}

func (h Harness) scheme(base string) string {
	if h.Scheme == "" {
		return base
	}
	return h.Scheme + "+" + base
}

// env discards the log unless the harness sets one, because cases provoke log
// messages.
func (h Harness) env(t T) transport.Env {
	var env transport.Env
	if h.Env != nil {
		env = h.Env(t)
	}
	if h.Network != nil && env.DialContext == nil {
		env.DialContext = h.Network.DialContext
	}
	if env.Logger == nil {
		env.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return env
}

// unknownSkips returns the names in Skip that no case has, sorted.
func (h Harness) unknownSkips() []string {
	unknown := slices.Sorted(maps.Keys(h.Skip))
	return slices.DeleteFunc(unknown, func(name string) bool {
		return slices.ContainsFunc(Cases(), func(c Case) bool { return c.Name == name })
	})
}
