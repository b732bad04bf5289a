package reactortransport_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/reactortransport"
)

func TestARefusalCarriesCodeAndMessage(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(403).Header("X-Sentry-Error", "no such project"))
	dsn := srv.DSN(sentrytest.DSNScheme("reactor"))
	tr := mustOpen(t, dsn, transport.Env{})
	told := make(chan error, 1)
	tr.SendAsync(t.Context(), packetFor(t, dsn), func(_ *transport.Response, err error) { told <- err })
	var api *transport.APIError
	g.Expect(errors.As(<-told, &api)).To(BeTrue())
	g.Expect(api).To(HaveValue(Equal(transport.APIError{Status: 403, Message: "no such project", EventID: eventID})))
}

// In a bubble the timeout is exact, also over TLS.
func TestTheTimeoutIsExact(t *testing.T) {
	for _, start := range []func(sentrytest.TB, ...sentrytest.Option) *sentrytest.Server{sentrytest.NewServer, sentrytest.NewTLSServer} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			srv := start(t, sentrytest.InMemory())
			srv.Script(sentrytest.Hang())
			dsn := srv.DSN(sentrytest.DSNScheme("twisted"), sentrytest.DSNParam("timeout", "0.2"), sentrytest.DSNParam("verify_ssl", "0"))
			tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
			began := time.Now()
			_, err := tr.Send(t.Context(), packetFor(t, dsn))
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
			g.Expect(time.Since(began)).To(Equal(200 * time.Millisecond))
		})
	}
}

// counting is an http.RoundTripper of the program.
type counting struct{ requests int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return http.DefaultTransport.RoundTrip(r)
}

func TestAnHTTPClientOfTheProgram(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	own := new(counting)
	env := transport.Env{HTTPClient: &http.Client{Transport: own}}
	dsn := srv.DSN(sentrytest.DSNScheme("reactor"))
	tr := mustOpen(t, dsn, env)
	tr.SendAsync(t.Context(), packetFor(t, dsn), nil)
	g.Expect(tr.Flush(t.Context())).To(Succeed())
	g.Expect(own.requests).To(Equal(1))

	_, err := open(t, srv.DSN(sentrytest.DSNScheme("reactor"), sentrytest.DSNParam("proxy", "http://me:SECRET@proxy.example:3128")), env)
	var option *transport.OptionError
	g.Expect(errors.As(err, &option)).To(BeTrue())
	g.Expect(option.Option).To(Equal("proxy"))
	g.Expect(err.Error()).To(And(ContainSubstring("Env.HTTPClient"), Not(ContainSubstring("SECRET"))))
}

func TestEveryFaultOfAConfigurationIsFound(t *testing.T) {
	_, err := reactortransport.New(reactortransport.Config{ThreadedConfig: transport.ThreadedConfig{Workers: -1, QueueSize: -1, QueueBytes: -1, ShutdownTimeout: -1, Overflow: "explode"}, HTTPConfig: transport.HTTPConfig{Compression: "zip"}})
	g := NewWithT(t)
	for _, name := range []string{"compression", "workers", "queue_size", "queue_bytes", "shutdown_timeout", "overflow"} {
		g.Expect(err).To(MatchError(ContainSubstring("option " + name + "=")))
	}
}
