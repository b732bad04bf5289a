package transport_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func openNothing(*transport.DSN, transport.Env) (transport.Transport, error) {
	return transport.NewStderr(transport.StderrConfig{}), nil
}

func mustParse(t *testing.T, s string) *transport.DSN {
	t.Helper()
	d, err := transport.ParseDSN(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefaultRegistryHasTheTransportsOfThisPackage(t *testing.T) {
	names := []string{"eventlet", "file", "gevent", "", "loop", "pool", "spawn", "stderr", "sync", "tee", "threaded", "tornado"}
	var schemes []string
	for _, name := range names {
		if name != "" {
			name += "+"
		}
		schemes = append(schemes, name+"http", name+"https")
	}
	NewWithT(t).Expect(transport.DefaultRegistry().Schemes()).To(Equal(schemes))
}

func TestRegister(t *testing.T) {
	g := NewWithT(t)
	r := transport.NewRegistry()
	g.Expect(r.RegisterFunc("Mine+HTTP", openNothing)).To(Succeed())
	g.Expect(r.Supports("mine+http")).To(BeTrue())
	g.Expect(r.Supports("mine+https")).To(BeFalse())
	g.Expect(r.Drivers()).To(HaveLen(1))
	g.Expect(r.Drivers()[0].Name).To(Equal("mine"))

	err := r.Register(transport.Driver{Schemes: []string{"other+http", "mine+http"}, Open: openNothing})
	var dup *transport.DuplicateSchemeError
	g.Expect(errors.As(err, &dup)).To(BeTrue())
	g.Expect(*dup).To(Equal(transport.DuplicateSchemeError{Scheme: "mine+http", Holder: "mine"}))
	g.Expect(r.Supports("other+http")).To(BeFalse(), "all schemes of a driver are registered, or none")

	g.Expect(r.Replace(transport.Driver{Name: "new", Schemes: []string{"mine+http"}, Open: openNothing})).To(Succeed())
	g.Expect(r.Drivers()[0].Name).To(Equal("new"))

	r.Unregister("mine+http", "never+http")
	g.Expect(r.Schemes()).To(BeEmpty())
}

func TestRegisterRefuses(t *testing.T) {
	g := NewWithT(t)
	r := transport.NewRegistry()
	g.Expect(r.Register(transport.Driver{Open: openNothing})).To(MatchError(ContainSubstring("at least one")))
	g.Expect(r.Register(transport.Driver{Schemes: []string{"x+http"}})).To(MatchError(ContainSubstring("Open")))
	g.Expect(r.RegisterFunc("x", openNothing)).To(MatchError(ContainSubstring("does not end in http or https")))
	g.Expect(func() { transport.Register(transport.Driver{Schemes: []string{"http"}, Open: openNothing}) }).To(Panic())
}

func TestUnknownScheme(t *testing.T) {
	for scheme, says := range map[string]string{
		"treaded+https":           `transport: unsupported DSN scheme "treaded+https": did you mean "threaded+https"? (registered: eventlet+http,`,
		"fasthttp+https":          `transport: unsupported DSN scheme "fasthttp+https": add the import _ "github.com/ravenkit/ravenkit/transport/fasthttptransport", which registers it (registered:`,
		"threaded+requests+https": `transport: unsupported DSN scheme "threaded+requests+https": add the import _ "github.com/ravenkit/ravenkit/transport/restytransport"`,
		"twisted+http":            `transport: unsupported DSN scheme "twisted+http": add the import _ "github.com/ravenkit/ravenkit/transport/reactortransport"`,
		"carrier+http":            `transport: unsupported DSN scheme "carrier+http"`,
	} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			_, err := transport.DefaultRegistry().Open(mustParse(t, scheme+"://k:SECRET@h/1"), transport.Env{})
			var unknown *transport.UnknownSchemeError
			g.Expect(errors.As(err, &unknown)).To(BeTrue())
			g.Expect(unknown.Scheme).To(Equal(scheme))
			g.Expect(err.Error()).To(HavePrefix(says))
			g.Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
		})
	}
}

func TestCloneIsIndependent(t *testing.T) {
	g := NewWithT(t)
	r := transport.DefaultRegistry().Clone()
	r.Unregister("threaded+http")
	g.Expect(r.Supports("threaded+http")).To(BeFalse())
	g.Expect(transport.DefaultRegistry().Supports("threaded+http")).To(BeTrue())
	for _, d := range r.Drivers() {
		if d.Name == "threaded" {
			g.Expect(d.Schemes).To(Equal([]string{"threaded+https"}), "a driver has the schemes that it holds here")
		}
	}
}

func TestSetDefaultRegistry(t *testing.T) {
	g := NewWithT(t)
	mine := transport.NewRegistry()
	restore := transport.SetDefaultRegistry(mine)
	g.Expect(transport.DefaultRegistry()).To(BeIdenticalTo(mine))
	restore()
	g.Expect(transport.DefaultRegistry().Supports("https")).To(BeTrue())
	g.Expect(func() { transport.SetDefaultRegistry(nil) }).To(Panic())
}

func TestDriversDoNotSeeTheClientsOptions(t *testing.T) {
	g := NewWithT(t)
	var seen *transport.DSN
	r := transport.NewRegistry()
	err := r.RegisterFunc("mine+https", func(d *transport.DSN, env transport.Env) (transport.Transport, error) {
		seen = d
		return openNothing(d, env)
	})
	g.Expect(err).NotTo(HaveOccurred())
	given := mustParse(t, "mine+https://k@h/1?protocol=store&anything=goes")
	_, err = r.Open(given, transport.Env{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(seen.Options).To(HaveLen(1))
	g.Expect(seen.Option("anything")).To(Equal("goes"))
	g.Expect(given.Option("protocol")).To(Equal("store"), "the caller's DSN is unchanged")
	_, err = r.Open(mustParse(t, "mine+https://k@h/1?protocol=smtp"), transport.Env{})
	g.Expect(err).To(MatchError(ContainSubstring("one of envelope, store")))
}

func TestCheckOptions(t *testing.T) {
	g := NewWithT(t)
	r := transport.DefaultRegistry()
	g.Expect(r.CheckOptions(mustParse(t, "https://k@h/1?timeout=5&protocol=store"))).To(Succeed())
	g.Expect(r.CheckOptions(mustParse(t, "https://k@h/1?tiemout=5"))).To(MatchError(ContainSubstring("timeout")))
	g.Expect(r.CheckOptions(mustParse(t, "unheard+https://k@h/1?own=5"))).To(Succeed())
	g.Expect(r.CheckOptions(mustParse(t, "unheard+https://k@h/1?protocol=x"))).To(MatchError(ContainSubstring("protocol")))
}

func TestProtocol(t *testing.T) {
	g := NewWithT(t)
	for query, want := range map[string]transport.Protocol{
		"": transport.ProtocolEnvelope, "?protocol=": transport.ProtocolEnvelope,
		"?protocol=envelope": transport.ProtocolEnvelope, "?protocol=store": transport.ProtocolStore,
	} {
		g.Expect(mustParse(t, "https://k@h/1"+query).Protocol()).To(Equal(want))
	}
}
