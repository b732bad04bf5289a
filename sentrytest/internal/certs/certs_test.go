package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
)

// Each kind has the fault that its name says, on the clock of a bubble and on
// today's.
func TestKinds(t *testing.T) {
	t.Parallel()
	type verify struct {
		kind certs.Kind
		name string
	}
	for _, now := range []time.Time{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for v, want := range map[verify]string{
			{certs.Trusted, "localhost"}:           "",
			{certs.Trusted, "127.0.0.1"}:           "",
			{certs.Trusted, "sentry.test"}:         "sentry.test",
			{certs.Expired, "localhost"}:           "expired",
			{certs.NotYetValid, "localhost"}:       "not yet valid",
			{certs.WrongHost, "localhost"}:         certs.WrongHostName,
			{certs.WrongHost, certs.WrongHostName}: "",
			{certs.SelfSigned, "localhost"}:        "unknown authority",
			{certs.UnknownCA, "localhost"}:         "unknown authority",
			{certs.IncompleteChain, "localhost"}:   "unknown authority",
		} {
			g := NewWithT(t)
			_, err := certs.Server(v.kind, nil, nil).Leaf.Verify(x509.VerifyOptions{
				DNSName: v.name, Roots: certs.CA().Pool(), CurrentTime: now,
			})
			if want == "" {
				g.Expect(err).NotTo(HaveOccurred(), "%v", v)
			} else {
				g.Expect(err).To(MatchError(ContainSubstring(want)), "%v", v)
			}
		}
	}
}

// A kind is made once; names make a certificate of their own.
func TestNames(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(certs.Server(certs.Trusted, nil, nil).Leaf).To(BeIdenticalTo(certs.Server(certs.Trusted, nil, nil).Leaf))
	in := certs.Server(certs.Trusted, []string{"a.test", "10.0.0.1"}, nil).Leaf
	g.Expect(in.VerifyHostname("a.test")).To(Succeed())
	g.Expect(in.VerifyHostname("10.0.0.1")).To(Succeed())
	g.Expect(in.VerifyHostname("localhost")).NotTo(Succeed())
	beside := certs.Server(certs.Trusted, nil, []string{"b.test"}).Leaf
	g.Expect(beside.VerifyHostname("b.test")).To(Succeed())
	g.Expect(beside.VerifyHostname("localhost")).To(Succeed())
}

// PEM holds a pair that works, and the other CA signed none of it.
func TestPEM(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	pair, err := tls.X509KeyPair(certs.PEM(certs.Client()))
	g.Expect(err).NotTo(HaveOccurred())
	client := x509.VerifyOptions{Roots: certs.CA().Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	_, err = pair.Leaf.Verify(client)
	g.Expect(err).NotTo(HaveOccurred())
	pool := x509.NewCertPool()
	g.Expect(pool.AppendCertsFromPEM(certs.OtherCA().PEM())).To(BeTrue())
	client.Roots = pool
	_, err = pair.Leaf.Verify(client)
	g.Expect(err).To(HaveOccurred())
}
