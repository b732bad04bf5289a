package transporttest_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"

	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
	"github.com/ravenkit/ravenkit/transporttest"
)

// Hosts of the suite, at compile time: Test takes each of their types.
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

// harnesses returns one for every scheme in the default registry that delivers
// to a server, each with whether an earlier one has the same driver.
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

// envOf gives the transports on a loop one to run on.
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
			_ = loop.Run(ctx) // returns why it was stopped
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

// Every registered transport passes all of the suite under one of its names;
// under the others, which lead to the same driver, the main thing will do.
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
