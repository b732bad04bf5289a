package host_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, cfg host.Config) *host.Host {
	t.Helper()
	h, err := host.Start(cfg)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// post sends an event on the client's connection.
func post(client *http.Client, h *host.Host) (status int, err error) {
	resp, err := client.Post(h.Server.URL()+"/api/1/store/?sentry_key=k", "application/json", strings.NewReader(`{"message":"boom"}`))
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestABurstStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	const senders, most = 8, 1_000
	h := start(t, host.Config{Store: store.Config{MaxEvents: most}})
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			carrier := &http.Transport{}
			defer carrier.CloseIdleConnections()
			client := &http.Client{Transport: carrier}
			for range burst / senders {
				if status, err := post(client, h); err != nil || status != 200 {
					t.Error(status, err)
					return
				}
			}
		})
	}
	wg.Wait()
	stats := h.Store.Stats()
	g.Expect(stats.Events).To(Equal(burst))
	g.Expect(stats.Kept).To(Equal(most))
	g.Expect(stats.Dropped).To(Equal(burst - most))
	g.Expect(stats.Bytes).To(BeNumerically("<", most*8_192), "an event of this size takes a few kilobytes in the store")
	g.Expect(h.Server.Requests()).To(HaveLen(1), "the server does not keep the requests too")
}

func TestUnstoredRequestsAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	seen := 0
	h := start(t, host.Config{Received: func(*sentrytest.Arrival) { seen++ }})
	g.Expect(post(h.Server.Client(), h)).To(Equal(200))
	g.Expect(h.Store.Close()).To(Succeed())
	g.Expect(post(h.Server.Client(), h)).To(Equal(503))
	g.Expect(seen).To(Equal(1))
}

func TestSettleWaitsForRequestsUnderWay(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	h.Settle(t.Context())
	g.Expect(h.Server.SetFaults(sentrytest.When().Do(sentrytest.Hang()))).To(Succeed())
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Server.URL()+"/api/1/store/?sentry_key=k", strings.NewReader(`{"message":"slow"}`))
		if err == nil {
			_, err = h.Server.Client().Do(req)
		}
		gone <- err
	}()
	feed := h.Store.Feed(0)
	_, _, err := feed.Next(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	early, stop := context.WithCancel(t.Context())
	stop()
	h.Settle(early) // returns because its context has ended
	settled := make(chan struct{})
	go func() {
		h.Settle(t.Context())
		close(settled)
	}()
	cancel()
	g.Expect(errors.Is(<-gone, context.Canceled)).To(BeTrue())
	<-settled
}

// A client gets the DSN with the host name that it used, over http and https.
func TestDSNsNameTheHostOfTheRequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{TLS: true})
	port := func(address string) string {
		u, err := url.Parse(address)
		g.Expect(err).NotTo(HaveOccurred())
		return ":" + u.Port()
	}
	plain, secure := port(h.Server.URL()), port(h.Server.TLSURL())
	for _, c := range []struct {
		host            string
		tls             bool
		dsn, encryption string
	}{
		{"fakesentry:8000", false, "http://k@fakesentry:8000/2", "https://k@fakesentry" + secure + "/2"},
		{"fakesentry", true, "http://k@fakesentry" + plain + "/2", "https://k@fakesentry/2"},
		{"[::1]:9", true, "http://k@[::1]" + plain + "/2", "https://k@[::1]:9/2"},
		{"", false, "http://k@127.0.0.1" + plain + "/2", "https://k@127.0.0.1" + secure + "/2"},
	} {
		r := &http.Request{Host: c.host}
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		g.Expect(h.RequestDSN(r, "k", "2")).To(Equal(c.dsn))
		g.Expect(h.RequestTLSDSN(r, "k", "2")).To(Equal(c.encryption))
	}
}

// Connections without requests must not accumulate.
func TestConnectionsWithoutRequestsAreClosed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{HeaderTimeout: 50 * time.Millisecond, TLS: true})
	for _, address := range []string{h.Server.URL(), h.Server.TLSURL()} {
		_, address, _ = strings.Cut(address, "//")
		for _, text := range []string{"", "POST /api/1/envelope/ HTTP/1.1\r\n"} {
			c, err := net.Dial("tcp", address)
			g.Expect(err).NotTo(HaveOccurred())
			_, err = c.Write([]byte(text))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(c.SetReadDeadline(time.Now().Add(time.Minute))).To(Succeed())
			_, err = io.ReadAll(c)
			g.Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeFalse(), "the server closes it")
			g.Expect(c.Close()).To(Succeed())
		}
	}
}

func TestThePlainPage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{PublicURL: "https://sentry.test/"})
	g.Expect(h.DSN("k", "2")).To(Equal("https://k@sentry.test/2"))
	g.Expect(h.TLSDSN("k", "2")).To(BeEmpty())
	resp, err := h.Server.Client().Get(h.Server.URL() + "/elsewhere")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(404))
	page := start(t, host.Config{Page: func(h *host.Host) api.Page { return teapot{} }})
	resp, err = page.Server.Client().Get(page.URL() + "/")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(http.StatusTeapot))
}

// teapot is a page that has every address.
type teapot struct{}

func (teapot) Has(*http.Request) bool { return true }

func (teapot) ServeHTTP(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
