package ginkgo_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	. "github.com/ravenkit/ravenkit/sentrytest/sentrymatchers"
)

func TestShop(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Shop")
}

var _ = Describe("The checkout", func() {
	var srv *sentrytest.Server
	var client *raven.Client

	BeforeEach(func() {
		var err error
		srv = sentrytest.NewServer(GinkgoTB())
		client, err = raven.New(srv.DSN())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(client.Close)
	})

	It("reports a declined card", func(ctx SpecContext) {
		Expect(shop.Checkout(ctx, client, "order-17", 120_00)).NotTo(Succeed())

		Eventually(srv).Should(HaveCaptured(sentrytest.HasException("", "order-17: card declined")))
		Expect(srv.Events()[0]).To(BeEvent(sentrytest.HasTag("shop", "lyon"), sentrytest.HasLevel("error")))
	})

	It("does not report a paid order", func(ctx SpecContext) {
		Expect(shop.Checkout(ctx, client, "order-18", 99_00)).To(Succeed())

		Expect(client.Flush(ctx)).To(Succeed())
		Expect(srv).NotTo(HaveCaptured())
	})
})
