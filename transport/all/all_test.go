package all_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// names maps the transports of Raven for Python to their Go names.
var names = map[string]string{
	"sync":              "sync",
	"threaded":          "threaded",
	"requests":          "resty",
	"threaded+requests": "threaded+resty",
	"gevent":            "pool",
	"eventlet":          "spawn",
	"tornado":           "loop",
	"twisted":           "reactor",
	"aiohttp":           "fasthttp",
}

func TestEveryTransportHasAGoNameAndARavenName(t *testing.T) {
	drivers := make(map[string]transport.Driver)
	for _, d := range transport.DefaultRegistry().Drivers() {
		for _, scheme := range d.Schemes {
			drivers[scheme] = d
		}
	}
	for reference, name := range names {
		for _, base := range []string{"+http", "+https"} {
			g := NewWithT(t)
			g.Expect(drivers).To(HaveKey(name + base))
			g.Expect(drivers).To(HaveKey(reference + base))
			g.Expect(drivers[name+base].Name).To(Equal(name))
			g.Expect(drivers[reference+base].Name).To(Equal(name))
		}
	}
	NewWithT(t).Expect(drivers).To(And(HaveKey("http"), HaveKey("https")))
}

// The tables of the documentation print these fields.
func TestEveryDriverDescribesItself(t *testing.T) {
	for _, d := range transport.DefaultRegistry().Drivers() {
		t.Run(d.Name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(d.Engine).NotTo(BeEmpty())
			g.Expect(d.Delivery).NotTo(BeEmpty())
			if d.Name != "tee" { // its targets have options of their own
				g.Expect(d.Options).NotTo(BeEmpty())
			}
			for _, o := range d.Options {
				g.Expect(o.Allowed).NotTo(BeEmpty(), o.Name)
				g.Expect(o.Help).NotTo(BeEmpty(), o.Name)
			}
		})
	}
}

// Every transport opens with only a DSN, blocks or not as its Driver says, and
// reports every fault in its options.
func TestEveryTransportOpens(t *testing.T) {
	registry := transport.DefaultRegistry()
	for _, d := range registry.Drivers() {
		for _, scheme := range d.Schemes {
			if d.Sink != "server" {
				// Some of those that only print or store need an option.
				continue
			}
			t.Run(scheme, func(t *testing.T) {
				g := NewWithT(t)
				dsn, err := transport.ParseDSN(scheme + "://key@127.0.0.1:9/1")
				g.Expect(err).NotTo(HaveOccurred())
				tr, err := registry.Open(dsn, transport.Env{})
				g.Expect(err).NotTo(HaveOccurred())
				_, async := tr.(transport.AsyncTransport)
				g.Expect(async).NotTo(Equal(d.Blocking), "%T", tr)
				g.Expect(tr.Close(t.Context())).To(Succeed())

				dsn.Options.Set("timeout", "never")
				dsn.Options.Set("tiemout", "1")
				_, err = registry.Open(dsn, transport.Env{})
				var option *transport.OptionError
				g.Expect(errors.As(err, &option)).To(BeTrue())
				g.Expect(err).To(MatchError(And(ContainSubstring(`timeout="never"`), ContainSubstring(`did you mean "timeout"`))))
			})
		}
	}
}
