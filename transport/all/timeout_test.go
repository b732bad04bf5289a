package all_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// The timeout includes the wait for one of max_conns.
func TestTheTimeoutIncludesTheWaitForAConnection(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded", "resty", "reactor", "fasthttp"} {
		t.Run(scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, sentrytest.InMemory())
				srv.Script(sentrytest.Hang().Times(-1).Optional())
				d, err := transport.ParseDSN(srv.DSN(sentrytest.DSNScheme(scheme), sentrytest.DSNParam("max_conns", "1"), sentrytest.DSNParam("timeout", "2")))
				g.Expect(err).NotTo(HaveOccurred())
				tr, err := transport.DefaultRegistry().Open(d, transport.Env{DialContext: srv.DialContext})
				g.Expect(err).NotTo(HaveOccurred())
				begun, ends := time.Now(), make(chan error, 3)
				for range cap(ends) {
					go func() {
						_, err := tr.Send(context.Background(), &transport.Packet{URL: d.EnvelopeURL(), Header: http.Header{}, Body: []byte("{}"), EventID: "x"})
						ends <- err
					}()
				}
				for range cap(ends) {
					g.Expect(<-ends).To(MatchError(context.DeadlineExceeded))
				}
				g.Expect(time.Since(begun)).To(Equal(2 * time.Second))
				g.Expect(tr.Close(context.Background())).To(Succeed())
			})
		})
	}
}

// An endless answer is not read to its end.
func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Sentry-Error", "too bad")
		w.WriteHeader(http.StatusBadRequest)
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	for _, scheme := range []string{"sync", "threaded", "resty", "reactor", "fasthttp"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			d, err := transport.ParseDSN(scheme + "+http://k@" + srv.Listener.Addr().String() + "/1?timeout=60")
			g.Expect(err).NotTo(HaveOccurred())
			tr, err := transport.DefaultRegistry().Open(d, transport.Env{})
			g.Expect(err).NotTo(HaveOccurred())
			_, err = tr.Send(t.Context(), &transport.Packet{URL: d.EnvelopeURL(), Header: http.Header{}, Body: []byte("{}"), EventID: "x"})
			g.Expect(err).To(MatchError(&transport.APIError{Status: 400, Message: "too bad", EventID: "x"}))
			g.Expect(tr.Close(t.Context())).To(Succeed())
		})
	}
}
