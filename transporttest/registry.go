package transporttest

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/transport"
)

// TB is the part of a test that Swap needs: *testing.T and GinkgoTB() have it.
type TB interface {
	Helper()
	Cleanup(func())
	Setenv(key, value string)
}

// Registry returns a registry in which every scheme of the default registry
// leads to t. Options are checked if the driver lists them; tee+… does not. A
// scheme that delivers in the caller gives a transport without SendAsync.
// Closing a client does not close t, so that several clients can share it.
func Registry(t transport.Transport) *transport.Registry {
	r := transport.NewRegistry()
	for _, d := range transport.DefaultRegistry().Drivers() {
		// The options must be checked here.
		d.Open, d.Decodes = opener(t, d.Blocking), false
		if err := r.Register(d); err != nil {
			panic(err) // drivers of the default registry can be registered
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

// shared and sharedBlocking ignore Close, because several clients use the
// transport.
type shared struct{ transport.Holder }

func (s shared) Close(ctx context.Context) error { return s.Flush(ctx) }

type sharedBlocking struct{ transport.Transport }

func (sharedBlocking) Close(context.Context) error { return nil }

// Swap makes every scheme of the default registry lead to t until the test
// ends. It affects the whole program, so it panics in a parallel test, as
// t.Setenv does; parallel tests use [Registry].
func Swap(tb TB, t transport.Transport) {
	tb.Helper()
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("transporttest.Swap affects all tests; in a parallel test use transporttest.Registry and raven.WithRegistry (%v)", r))
		}
	}()
	tb.Setenv("RAVENKIT_SWAPPED_TRANSPORT", "1")
	tb.Cleanup(transport.SetDefaultRegistry(Registry(t)))
}
