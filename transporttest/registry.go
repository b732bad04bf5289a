package transporttest

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/transport"
)

// TB is what Swap needs of a test: *testing.T and GinkgoTB() have it.
type TB interface {
	Helper()
	Cleanup(func())
	Setenv(key, value string)
}

// Registry returns a registry in which every scheme of the default registry
// leads to t. Options are checked as far as the drivers list them, which tee+…
// does not, and a scheme that delivers in the caller hands out the blocking
// kind. Closing a client leaves t open, so that several clients can share it.
func Registry(t transport.Transport) *transport.Registry {
	r := transport.NewRegistry()
	for _, d := range transport.DefaultRegistry().Drivers() {
		d.Open, d.Decodes = opener(t, d.Blocking), false // the options have to be checked here
		if err := r.Register(d); err != nil {
			panic(err) // the default registry holds what can be registered
		}
	}
	return r
}

func opener(t transport.Transport, wantBlocking bool) transport.OpenFunc {
	return func(*transport.DSN, transport.Env) (transport.Transport, error) {
		if async, ok := t.(transport.AsyncTransport); ok && !wantBlocking {
			return shared{holderOf(async)}, nil
		}
		return blocking{sharedBlocking{t}}, nil
	}
}

// shared and sharedBlocking survive the Close of one of their users.
type shared struct{ transport.Holder }

func (s shared) Close(ctx context.Context) error { return s.Flush(ctx) }

type sharedBlocking struct{ transport.Transport }

func (sharedBlocking) Close(context.Context) error { return nil }

// Swap leads every scheme of the default registry to t until the test ends. It
// changes what all of the program sees, so it refuses a parallel test by
// panicking, as t.Setenv does; parallel tests use [Registry].
func Swap(tb TB, t transport.Transport) {
	tb.Helper()
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("transporttest.Swap changes what all tests see; in a parallel one use transporttest.Registry and raven.WithRegistry (%v)", r))
		}
	}()
	tb.Setenv("RAVENKIT_SWAPPED_TRANSPORT", "1")
	tb.Cleanup(transport.SetDefaultRegistry(Registry(t)))
}
