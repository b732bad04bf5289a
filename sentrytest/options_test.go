package sentrytest_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// What can't be had together is refused, rather than that one of the two has no
// effect.
func TestContradictingOptions(t *testing.T) {
	t.Parallel()
	options := func(opts ...sentrytest.Option) []sentrytest.Option { return opts }
	for want, opts := range map[string][]sentrytest.Option{
		"the options InMemory and Listen exclude each other":                                                        options(sentrytest.InMemory(), sentrytest.Listen("127.0.0.1:0")),
		"the option InMemory and an address of ListenTLS exclude each other":                                        options(sentrytest.InMemory(), sentrytest.ListenTLS("127.0.0.1:0")),
		"the options WrongHost and SANs exclude each other: WrongHost is for wrong.host.invalid alone":              options(sentrytest.SANs("a"), sentrytest.WrongHost()),
		"the options PlainHTTP and HandshakeStall exclude each other: plain http has no handshake":                  options(sentrytest.PlainHTTP(), sentrytest.HandshakeStall()),
		"the options MaxHistory and FailOnUnclaimed exclude each other: what is dropped can't be claimed":           options(sentrytest.FailOnUnclaimed(), sentrytest.MaxHistory(1)),
		"the options MaxHistory and Strict exclude each other in a test: findings in what is dropped would be lost": options(sentrytest.Strict(), sentrytest.MaxHistory(1)),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			failures, _ := run(t, func(tb *fakeTB) { sentrytest.NewServer(tb, opts...) })
			g.Expect(failures).To(Equal("sentrytest: " + want))
		})
	}
	g := NewWithT(t)
	srv := sharedServer(t, sentrytest.Strict(), sentrytest.MaxHistory(1)) // no test that could miss anything
	failures, _ := run(t, func(tb *fakeTB) { srv.Tenant(tb) })
	g.Expect(failures).To(HavePrefix("sentrytest: the options MaxHistory and Strict exclude each other"))
	srv = sharedServer(t, sentrytest.MaxHistory(1))
	failures, _ = run(t, func(tb *fakeTB) { srv.Tenant(tb, sentrytest.FailOnUnclaimed()) })
	g.Expect(failures).To(HavePrefix("sentrytest: the options MaxHistory and FailOnUnclaimed exclude each other"))
}
