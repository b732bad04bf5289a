package gen_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/golang/mock/gomock"
	ubermock "go.uber.org/mock/gomock"

	"github.com/ravenkit/ravenkit/gen/ravenmock"
	"github.com/ravenkit/ravenkit/gen/transportmock"
	uberraven "github.com/ravenkit/ravenkit/gen/uber/ravenmock"
	ubertransport "github.com/ravenkit/ravenkit/gen/uber/transportmock"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// reporting replaces *testing.T, which Examples don't have.
type reporting struct{}

func (reporting) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (reporting) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// save is the code under test: it depends on a raven.Reporter.
func save(ctx context.Context, reporter raven.Reporter) {
	reporter.CaptureException(ctx, errors.New("disk full"), raven.Tags{"disk": "sda"})
}

// A double of the client shows that code reports, without any event.
func Example() {
	ctrl := gomock.NewController(reporting{})
	defer ctrl.Finish()
	reporter := ravenmock.NewMockReporter(ctrl)
	reporter.EXPECT().
		CaptureException(gomock.Any(), gomock.Any(), raven.Tags{"disk": "sda"}).
		DoAndReturn(func(_ context.Context, err error, _ ...raven.CaptureOption) string {
			fmt.Println("reported:", err)
			return "fc6d8c0c43fc4630ad850ee518f1b9d0"
		})
	save(context.Background(), reporter)
	// Output: reported: disk full
}

func TestDoublesImplementTheirInterfaces(t *testing.T) {
	ctrl, uberCtrl := gomock.NewController(t), ubermock.NewController(t)
	for _, double := range []any{ravenmock.NewMockReporter(ctrl), uberraven.NewMockReporter(uberCtrl)} {
		if _, ok := double.(raven.Reporter); !ok {
			t.Errorf("%T is no raven.Reporter", double)
		}
	}
	for _, double := range []any{
		transportmock.NewMockTransport(ctrl), transportmock.NewMockAsyncTransport(ctrl),
		ubertransport.NewMockTransport(uberCtrl), ubertransport.NewMockAsyncTransport(uberCtrl),
	} {
		if _, ok := double.(transport.Transport); !ok {
			t.Errorf("%T is no transport.Transport", double)
		}
	}
	for _, double := range []any{transportmock.NewMockAsyncTransport(ctrl), ubertransport.NewMockAsyncTransport(uberCtrl)} {
		if _, ok := double.(transport.AsyncTransport); !ok {
			t.Errorf("%T is no transport.AsyncTransport", double)
		}
	}
}
