package sentrytest_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// pinging is a client that asks after five seconds of silence whether its
// connection is alive, and waits two for the answer.
func pinging(srv *sentrytest.Server) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:       srv.DialContext,
		TLSClientConfig:   &tls.Config{RootCAs: srv.CertPool()},
		ForceAttemptHTTP2: true,
		HTTP2:             &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: 2 * time.Second},
	}}
}

func postWith(ctx context.Context, client *http.Client, srv *sentrytest.Server) error {
	req, err := http.NewRequestWithContext(ctx, "POST", srv.URL()+storePath+"?sentry_key=a", strings.NewReader(vectorJSON))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// A black hole answers no pings, which tells it from a request that hangs.
func TestBlackHoleAnswersNoPings(t *testing.T) {
	for name, c := range map[string]struct {
		step sentrytest.Step
		want time.Duration
		err  string
	}{
		"Hang":      {sentrytest.Hang(), time.Minute, "context deadline exceeded"},
		"BlackHole": {sentrytest.BlackHole(), 7 * time.Second, "client connection lost"},
	} {
		t.Run(name, func(t *testing.T) {
			inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
				client := pinging(srv)
				defer client.CloseIdleConnections()
				srv.Script(c.step)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				g.Expect(postWith(ctx, client, srv)).To(MatchError(ContainSubstring(c.err)))
				g.Expect(time.Since(start)).To(Equal(c.want))
				g.Expect(srv.WaitIdle(soon(t))).To(Succeed(), "the client has given up")
				g.Expect(srv.Requests()).To(HaveLen(2))
				g.Expect(srv.Requests()[1].Answer).To(Equal(sentrytest.Answer{Step: c.step.String()}))
			})
		})
	}
}

// What comes later on the connection is taken, and does not reach the server;
// what was under way gets no answer.
func TestBlackHoleTakesLaterRequests(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		srv.Script(sentrytest.OK().After(time.Second), sentrytest.BlackHole())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		slow, swallowed := under(ctx, srv), under(ctx, srv)
		large := make(chan error, 1)
		go func() { // more than a connection in memory buffers
			_, err := trySend(t, srv, "POST", storePath, message(strings.Repeat("x", 1<<19)), authLine)
			large <- err
		}()
		for _, ended := range []<-chan error{slow, swallowed} {
			g.Expect(<-ended).To(MatchError(context.DeadlineExceeded))
		}
		g.Expect(srv.Requests()).To(HaveLen(3))
		g.Expect(srv.Events()).To(HaveLen(2), "the slow one is accepted, although nobody gets to know")
		g.Expect(large).NotTo(Receive())
		srv.Client().CloseIdleConnections()
		g.Expect(srv.Restart()).To(Succeed())
		g.Expect(<-large).To(HaveOccurred())
		g.Expect(srv.Requests()).To(HaveLen(3))
	})
}

// Over HTTP/1.1 the connection is lost in the same way.
func TestBlackHoleOverHTTP1(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"http": nil, "https": {sentrytest.Trusted()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, append(opts, sentrytest.InMemory())...)
				srv.Script(sentrytest.OK(), sentrytest.BlackHole())
				g.Expect(post(t.Context(), srv)).To(Succeed())
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				g.Expect(post(ctx, srv)).To(MatchError(context.DeadlineExceeded))
				g.Expect(srv.WaitIdle(soon(t))).To(Succeed())
				g.Expect(post(t.Context(), srv)).To(Succeed())
				g.Expect(srv.Connections()).To(Equal(2))
			})
		})
	}
}
