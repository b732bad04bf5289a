package ravenkit_test

import (
	"errors"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// refusal returns the error of New for an invalid DSN.
func refusal(dsn string, opts ...raven.Option) error {
	GinkgoHelper()
	client, err := raven.New(dsn, opts...)
	Expect(client).To(BeNil())
	Expect(err).To(HaveOccurred())
	Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
	return err
}

var _ = Describe("An invalid DSN", func() {
	DescribeTable("is refused with the name of its part",
		func(dsn, part string) {
			var bad *transport.DSNError
			Expect(errors.As(refusal(dsn), &bad)).To(BeTrue())
			Expect(bad.Part).To(Equal(part))
		},
		Entry("no scheme", "foo:SECRET@h/1", "scheme"),
		Entry("not http", "ftp://foo:SECRET@h/1", "scheme"),
		Entry("no public key", "https://:SECRET@example.com/1", "public key"),
		Entry("no host", "https://foo:SECRET@/1", "host"),
		Entry("no project", "https://foo:SECRET@example.com", "project"),
		Entry("an empty project", "https://foo:SECRET@h/", "project"),
		Entry("a slash at the end", "https://foo:SECRET@h/1/", "project"),
	)

	It("is refused for an unknown scheme, with the known ones", func() {
		var unknown *transport.UnknownSchemeError
		Expect(errors.As(refusal("carrier+https://k:SECRET@h/1"), &unknown)).To(BeTrue())
		Expect(unknown.Known).To(ContainElements("https", "sync+https"))
	})

	DescribeTable("is refused for an option, with its name and the allowed values",
		func(option, value, allowed string) {
			var bad *transport.OptionError
			err := refusal("https://k:SECRET@h/1?" + option + "=" + value)
			Expect(errors.As(err, &bad)).To(BeTrue())
			Expect(bad.Option).To(Equal(option))
			Expect(err.Error()).To(ContainSubstring(allowed))
		},
		Entry(nil, "tiemout", "5", `did you mean "timeout"?`),
		Entry(nil, "timeout", "-1", "more than 0"),
		Entry(nil, "timeout", "abc", "seconds"),
		Entry(nil, "verify_ssl", "maybe", "1 or 0"),
		Entry(nil, "ca_certs", "/no/such/file", "a readable PEM file"),
		Entry(nil, "overflow", "explode", "drop_newest, drop_oldest, block"),
		Entry(nil, "protocol", "carrier-pigeon", "envelope, store"),
	)

	It("is refused for an empty bundle", func() {
		empty := filepath.Join(GinkgoTB().TempDir(), "empty.pem")
		Expect(os.WriteFile(empty, nil, 0o600)).To(Succeed())
		Expect(refusal("https://k:SECRET@h/1?ca_certs=" + empty)).To(MatchError(ContainSubstring("holds no PEM certificate")))
	})

	It("is refused for all faults at once", func() {
		Expect(refusal("https://k:SECRET@h/1?timeout=abc&verify_ssl=maybe&nonsense=1")).To(MatchError(And(
			ContainSubstring("timeout"), ContainSubstring("verify_ssl"), ContainSubstring("nonsense"))))
	})

	It("is refused even with a given transport, which does not read its options", func() {
		err := refusal("https://k:SECRET@h/1?tiemout=5", raven.WithTransport(transporttest.NewRecorder()))
		Expect(err).To(MatchError(ContainSubstring("tiemout")))
	})
})
