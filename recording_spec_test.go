package ravenkit_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/golang/mock/gomock"

	"github.com/ravenkit/ravenkit/gen/ravenmock"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transporttest"
)

var _ = Describe("A unit test", func() {
	It("records the events of one client", func(ctx SpecContext) {
		rec := transporttest.NewRecorder()
		client := newClient("https://k@sentry.test/1?timeout=5", raven.WithRegistry(transporttest.Registry(rec)))
		client.CaptureException(ctx, errors.New("boom"), raven.Tags{"shard": "7"})
		sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasException("", "boom"), sentrytest.HasTag("shard", "7"))
		Expect(rec.Packets()[0].URL).To(Equal("https://sentry.test/api/1/envelope/"))
	})

	It("records the events of code that makes its own client", func(ctx SpecContext) {
		rec := transporttest.NewRecorder()
		transporttest.Swap(GinkgoTB(), rec)
		for _, name := range []string{"https", "sync+https", "threaded+http", "file+https"} {
			newClient(name+"://k@sentry.test/1").CaptureMessage(ctx, "from "+name)
			sentrytest.RequireEvent(GinkgoTB(), rec, sentrytest.HasMessage("from "+name))
		}
	})

	It("can make a delivery fail", func(ctx SpecContext) {
		rec := transporttest.NewRecorder()
		rec.Fail(errors.New("no network"))
		client := newClient("https://k@sentry.test/1", raven.WithTransport(rec))
		_, err := client.Deliver(ctx, &raven.Event{Message: "x"})
		Expect(err).To(MatchError("no network"))
	})

	It("can replace the client with a generated double", func(ctx SpecContext) {
		reporter := ravenmock.NewMockReporter(gomock.NewController(GinkgoTB()))
		reporter.EXPECT().CaptureMessage(gomock.Any(), "hello").Return("id")
		var r raven.Reporter = reporter
		Expect(r.CaptureMessage(ctx, "hello")).To(Equal("id"))
	})
})
