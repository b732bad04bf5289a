package ravenkit_test

import (
	"crypto/x509"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// as reports whether an error has a cause of type E.
func as[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

var _ = Describe("Over https", func() {
	deliver := func(ctx SpecContext, srv *sentrytest.Server, name string, params ...string) error {
		_, err := newClient(dsn(srv, name, params...)).Deliver(ctx, &raven.Event{Message: "hello"})
		return err
	}
	for _, name := range networked {
		DescribeTable("verify_ssl and ca_certs decide which certificates "+name+"+https trusts",
			func(ctx SpecContext, option sentrytest.Option, refused func(error) bool) {
				srv := sentrytest.NewTLSServer(GinkgoTB(), option)
				err := deliver(ctx, srv, name, "ca_certs", srv.CACertFile(), "verify_ssl", "1")
				if refused == nil {
					Expect(err).NotTo(HaveOccurred())
				} else {
					Expect(refused(err)).To(BeTrue(), "%v", err)
				}
				Expect(as[x509.UnknownAuthorityError](deliver(ctx, srv, name, "ca_certs", srv.OtherCACertFile())) ||
					refused != nil).To(BeTrue(), "another CA")
				Expect(deliver(ctx, srv, name, "verify_ssl", "0")).To(Succeed())
			},
			Entry("trusted", sentrytest.Trusted(), nil),
			Entry("expired", sentrytest.Expired(), as[x509.CertificateInvalidError]),
			Entry("not yet valid", sentrytest.NotYetValid(), as[x509.CertificateInvalidError]),
			Entry("for another host", sentrytest.WrongHost(), as[x509.HostnameError]),
			Entry("self-signed", sentrytest.SelfSigned(), as[x509.UnknownAuthorityError]),
			Entry("of an unknown CA", sentrytest.UnknownCA(), as[x509.UnknownAuthorityError]),
		)
	}
})
