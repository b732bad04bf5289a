// The specification of Ravenkit, told from outside: each file beside this one
// states what one capability promises, through the public API alone. Packages
// test their own insides.
package tools_test

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

// newClient makes a client that is closed with the spec.
func newClient(dsn string, opts ...raven.Option) *raven.Client {
	GinkgoHelper()
	quiet := raven.WithLogger(slog.New(slog.DiscardHandler))
	client, err := raven.New(dsn, append([]raven.Option{quiet}, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = client.Close(ctx) // specs that leave something undelivered do it on purpose
	})
	return client
}

// within bounds what a spec waits for. It is no measure of speed: a spec that
// needs all of it has failed.
func within(ctx context.Context) context.Context {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	DeferCleanup(cancel)
	return ctx
}

// the server's DSN with a transport's name and options, given in pairs.
func dsn(srv *sentrytest.Server, transport string, params ...string) string {
	options := []sentrytest.DSNOption{sentrytest.DSNScheme(transport)}
	for i := 0; i < len(params); i += 2 {
		options = append(options, sentrytest.DSNParam(params[i], params[i+1]))
	}
	return srv.DSN(options...)
}

// networked are the transports that send, by the name before "+http(s)": every
// one that there is.
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
