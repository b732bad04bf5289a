package ravenlambda_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlambda"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func invoke(ctx context.Context, client *raven.Client, fn any, opts ...ravenlambda.Option) ([]byte, error) {
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "r-1", InvokedFunctionArn: "arn:1"})
	return ravenlambda.Wrap(client, lambda.NewHandler(fn), opts...).Invoke(ctx, []byte(`"in"`))
}

func TestAnErrorIsReportedAndDeliveredBeforeTheInvocationEnds(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	client, err := raven.New(srv.DSN())
	g.Expect(err).NotTo(HaveOccurred())
	defer client.Close(t.Context())
	failure := errors.New("card declined")

	_, err = invoke(t.Context(), client, func(ctx context.Context, in string) (string, error) {
		raven.Record(ctx, raven.Breadcrumb{Message: "got " + in})
		return "", failure
	})

	g.Expect(err).To(MatchError(failure))
	events := srv.Events()
	g.Expect(events).To(HaveLen(1), "delivered before Invoke returned")
	e := sentrytest.RequireEvent(t, sentrytest.EventList(events), sentrytest.HasException("", "card declined"), sentrytest.HasBreadcrumb("got in"))
	g.Expect(e.Contexts["aws_lambda"]).To(HaveKeyWithValue("aws_request_id", "r-1"))
}

func TestInvokeReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	out, err := invoke(t.Context(), client, func(_ context.Context, in string) (string, error) { return in + "-out", nil })
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(out)).To(Equal(`"in-out"`))
	g.Expect(rec.Packets()).To(BeEmpty())

	out, err = invoke(t.Context(), nil, func(_ context.Context, in string) (string, error) { return in, nil })
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(out)).To(Equal(`"in"`), "also without a client")
}

func TestAPanicIsDeliveredAndContinues(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client, err := raven.New(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	defer func() {
		g := NewWithT(t)
		g.Expect(recover()).To(Equal("out of order"))
		g.Expect(srv.Events()).To(HaveLen(1))
		g.Expect(srv.Events()[0].Level).To(Equal("fatal"))
	}()
	h := ravenlambda.Wrap(client, panicking{})
	_, _ = h.Invoke(t.Context(), nil)
}

type panicking struct{}

func (panicking) Invoke(context.Context, []byte) ([]byte, error) { panic("out of order") }

// The server does not answer.
func TestTheWaitEndsBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.Hang())
		client, err := raven.New(srv.DSN(sentrytest.DSNParam("timeout", "60")), raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
		g.Expect(err).NotTo(HaveOccurred())
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()

		start := time.Now()
		_, err = invoke(ctx, client, func(context.Context, string) (string, error) { return "", errors.New("failed") },
			ravenlambda.WithReserve(200*time.Millisecond))

		g.Expect(err).To(MatchError("failed"))
		g.Expect(time.Since(start)).To(Equal(2800*time.Millisecond), "in the bubble's time")
		closing, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		g.Expect(client.Close(closing)).To(HaveOccurred())
	})
}
