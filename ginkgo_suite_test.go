// Package ravenkit_test is the specification of Ravenkit from outside: each
// file states the promises of one capability, with the public API only.
// Packages test their own internals.
package ravenkit_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
)

func TestRavenkit(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Ravenkit")
}

// newClient makes a client and closes it at the end of the spec.
func newClient(dsn string, opts ...raven.Option) *raven.Client {
	GinkgoHelper()
	quiet := raven.WithLogger(slog.New(slog.DiscardHandler))
	client, err := raven.New(dsn, append([]raven.Option{quiet}, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		// Specs that leave events undelivered do it on purpose.
		_ = client.Close(ctx)
	})
	return client
}

// within limits the waits of a spec. It does not measure speed: a spec that
// needs all of the time has failed.
func within(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	DeferCleanup(cancel)
	return ctx
}

// dsn returns the server's DSN with a transport's name and options, given as
// names and values.
func dsn(srv *sentrytest.Server, transport string, params ...string) string {
	options := []sentrytest.DSNOption{sentrytest.DSNScheme(transport)}
	for i := 0; i < len(params); i += 2 {
		options = append(options, sentrytest.DSNParam(params[i], params[i+1]))
	}
	return srv.DSN(options...)
}

// networked are the names of all transports that send, as before "+http(s)".
var networked = func() (names []string) {
	for _, driver := range transport.DefaultRegistry().Drivers() {
		for _, scheme := range driver.Schemes {
			if name, ok := strings.CutSuffix(scheme, "http"); ok && driver.Sink == "server" {
				names = append(names, strings.TrimSuffix(name, "+"))
			}
		}
	}
	return names
}()
