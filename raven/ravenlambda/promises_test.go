package ravenlambda_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlambda"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// An event names its function and has no data of another invocation.
func TestEachInvocationHasItsOwnContext(t *testing.T) {
	g := NewWithT(t)
	was := lambdacontext.FunctionName
	t.Cleanup(func() { lambdacontext.FunctionName = was })
	lambdacontext.FunctionName = "checkout"
	client, rec := clienttest.Recorded(t)
	for i := range 2 {
		_, err := invoke(t.Context(), client, func(ctx context.Context, _ string) (string, error) {
			client.TagsContext(ctx, raven.Tags{fmt.Sprint("tag", i): "1"})
			raven.Record(ctx, raven.Breadcrumb{Message: fmt.Sprint("crumb ", i)})
			return "", fmt.Errorf("failure %d", i)
		})
		g.Expect(err).To(HaveOccurred())
	}
	g.Expect(rec.Events()).To(HaveLen(2))
	for i, e := range rec.Events() {
		g.Expect(e.Transaction).To(Equal("checkout"))
		g.Expect(e.Contexts["aws_lambda"]).To(And(HaveKeyWithValue("function_name", "checkout"), HaveKeyWithValue("aws_request_id", "r-1"), HaveKeyWithValue("invoked_function_arn", "arn:1")))
		g.Expect(e.Tags).To(Equal(map[string]string{fmt.Sprint("tag", i): "1"}))
		g.Expect(e.Breadcrumbs).To(HaveLen(1))
	}
}

func TestTheReserve(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts []ravenlambda.Option
		want time.Duration
	}{
		"default":  {[]ravenlambda.Option{nil}, 3*time.Second - ravenlambda.DefaultReserve},
		"another":  {[]ravenlambda.Option{ravenlambda.WithReserve(time.Second)}, 2 * time.Second},
		"negative": {[]ravenlambda.Option{ravenlambda.WithReserve(-time.Second)}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, sentrytest.InMemory())
				srv.Script(sentrytest.Hang())
				client, err := raven.New(srv.DSN(sentrytest.DSNParam("timeout", "60")), raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
				g.Expect(err).NotTo(HaveOccurred())
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				_, err = invoke(ctx, client, func(context.Context, string) (string, error) { return "", errors.New("failed") }, tt.opts...)
				g.Expect(err).To(MatchError("failed"))
				g.Expect(time.Since(start)).To(Equal(tt.want))
				closing, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				g.Expect(client.Close(closing)).To(HaveOccurred())
			})
		})
	}
}
