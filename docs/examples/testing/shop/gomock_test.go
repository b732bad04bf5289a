package shop_test

import (
	"testing"

	"github.com/golang/mock/gomock"

	"github.com/ravenkit/ravenkit/docs/examples/testing/shop"
	"github.com/ravenkit/ravenkit/gen/ravenmock"
	"github.com/ravenkit/ravenkit/raven"
)

// A generated double of the client shows that code reports, and what.
func TestGomock(t *testing.T) {
	t.Parallel()
	reporter := ravenmock.NewMockReporter(gomock.NewController(t))
	reporter.EXPECT().
		CaptureException(gomock.Any(), &shop.DeclinedError{Order: "order-17"}, raven.Tags{"shop": "lyon"}, gomock.Any()).
		Return("fc6d8c0c43fc4630ad850ee518f1b9d0")

	if err := shop.Checkout(t.Context(), reporter, "order-17", 120_00); err == nil {
		t.Error("the card was not declined")
	}
}
