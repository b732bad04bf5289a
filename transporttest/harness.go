package transporttest

import (
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Harness says how the conformance suite gets at a transport. The zero value is
// the transport of bare http and https in the default registry.
type Harness struct {
	// Scheme is the transport's name as it stands before "+http" and "+https"
	// in a DSN: "sync". "" is for the bare schemes.
	Scheme string
	// Registry is where the scheme is looked up; nil means the default one.
	Registry *transport.Registry
	// Open makes the transport in place of a registry. It has to obey the
	// options of the DSN that it is handed.
	Open transport.OpenFunc
	// Env makes the Go values that the transport needs, anew for every
	// transport that a case opens; nil means that it needs none. What has to be
	// stopped again is stopped by t.Cleanup, after the transport was closed.
	// Cases that are about a field of the Env set it themselves.
	Env func(t T) transport.Env
	// HTTP2 says that the transport speaks HTTP/2 with servers that offer it.
	// Every case then runs over HTTP/2 as well, and fails if the transport
	// spoke HTTP/1.1 there; cases that are about HTTP/1.1 log why they don't.
	// Without HTTP2 servers offer HTTP/1.1 only.
	HTTP2 bool
	// Network is where the cases have their servers, if they run in a
	// testing/synctest bubble; nil means sockets on loopback. The transport has
	// to obey Env.DialContext. Since subtests and bubbles exclude each other,
	// every case gets a bubble of its own, or [Check] runs in one:
	//
	//	synctest.Test(t, func(t *testing.T) {
	//		failures := transporttest.Check(t.Context(), transporttest.Harness{Scheme: "sync", Network: new(transporttest.Network)})
	//		…
	//	})
	Network *Network
	// Skip names cases that are not run, each with the reason. A name that no
	// case has is a failure, so that a skip can't outlive its case.
	Skip map[string]string
	// Patience is how long a case waits for what has to happen before it fails;
	// 0 means ten seconds. No case waits for its end while the transport does
	// what it should.
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

// bases are the schemes that follow the transport's name: "http", "https" or
// both, in this order.
func (h Harness) bases() []string {
	bases := []string{"http", "https"}
	if h.Open != nil {
		return bases
	}
	return slices.DeleteFunc(bases, func(base string) bool { return !h.registry().Supports(h.scheme(base)) })
}

// carrier is how a transport reaches a server.
type carrier struct {
	base  string // "http" or "https"
	http2 bool   // the server offers it
}

// carriers are those that a case runs over.
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

// env is quiet unless the harness wants to listen: cases provoke what
// transports log.
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

// unknownSkips returns what is skipped but does not exist, sorted.
func (h Harness) unknownSkips() []string {
	unknown := slices.Sorted(maps.Keys(h.Skip))
	return slices.DeleteFunc(unknown, func(name string) bool {
		return slices.ContainsFunc(Cases(), func(c Case) bool { return c.Name == name })
	})
}
