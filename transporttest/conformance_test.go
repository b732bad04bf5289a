package transporttest_test

import (
	"context"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
	"github.com/ravenkit/ravenkit/transporttest"
)

// Hosts of the suite: Test must accept each of these types.
var (
	_ transporttest.T = (*testing.T)(nil)
	_ transporttest.T = (*testing.B)(nil)
	_ transporttest.T = (*testing.F)(nil)
	_ transporttest.T = testing.TB(nil)
	_ transporttest.T = ginkgo.GinkgoTInterface(nil)
	_ transporttest.T = ginkgo.FullGinkgoTInterface(nil)

	_ = transporttest.Test[*testing.T]
	_ = transporttest.Test[ginkgo.FullGinkgoTInterface]
	_ = transporttest.Test[*ginkgo.GinkgoTBWrapper]
)

// harnesses returns a harness for every scheme in the default registry that
// delivers to a server. alias has the schemes whose driver has an earlier one.
func harnesses() (all []transporttest.Harness, alias map[string]bool) {
	alias = make(map[string]bool)
	seen := make(map[string]bool)
	for _, d := range transport.DefaultRegistry().Drivers() {
		if d.Sink != "server" {
			continue
		}
		known := false
		for _, scheme := range d.Schemes {
			name, _ := strings.CutSuffix(strings.TrimSuffix(strings.TrimSuffix(scheme, "https"), "http"), "+")
			if seen[name] {
				continue
			}
			seen[name] = true
			alias[name], known = known, true
			all = append(all, transporttest.Harness{Scheme: name, Env: envOf(d), HTTP2: d.Name != "fasthttp"})
		}
	}
	return all, alias
}

// envOf gives transports on a loop a running loop.
func envOf(d transport.Driver) func(transporttest.T) transport.Env {
	if d.Name != "loop" {
		return nil
	}
	return func(t transporttest.T) transport.Env {
		loop := transport.NewLoop()
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = loop.Run(ctx) // returns the cause of ctx's end
		}()
		t.Cleanup(func() {
			stop()
			<-ended
		})
		for !loop.Post(func() {}) {
			runtime.Gosched() // until it runs
		}
		return transport.Env{Loop: loop}
	}
}

// Every registered transport passes the whole suite under one of its names.
// Under the others, which have the same driver, the main cases are enough.
func TestEveryRegisteredTransportConforms(t *testing.T) {
	all, alias := harnesses()
	for _, h := range all {
		t.Run(h.Scheme+"+http(s)", func(t *testing.T) {
			t.Parallel()
			if !alias[h.Scheme] {
				transporttest.Test(t, h)
				return
			}
			for _, c := range transporttest.Cases() {
				if c.Name == "Delivers" {
					c.Run(t, h)
				}
			}
		})
	}
}

// spooled opens transports with a spool, each in a directory of its own.
func spooled(t *testing.T, scheme string) transport.OpenFunc {
	root := t.TempDir()
	var n atomic.Int64
	return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		c := dsn.Clone()
		c.Scheme = scheme + "+" + dsn.Scheme
		if c.Option("overflow") == "" {
			c.Options.Set("spool_dir", filepath.Join(root, strconv.FormatInt(n.Add(1), 10)))
		}
		return transport.DefaultRegistry().Open(c, env)
	}
}

// A transport that keeps its packets on disk obeys the same rules.
func TestTransportsWithASpoolConform(t *testing.T) {
	t.Run("threaded", func(t *testing.T) {
		t.Parallel()
		transporttest.Test(t, transporttest.Harness{HTTP2: true, Open: spooled(t, "threaded")})
	})
	for _, scheme := range []string{"reactor", "fasthttp"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			open := spooled(t, scheme)
			synctest.Test(t, func(t *testing.T) {
				failures := transporttest.Check(t.Context(), transporttest.Harness{Open: open, Network: new(transporttest.Network)})
				NewWithT(t).Expect(failures).To(BeEmpty())
			})
		})
	}
}
