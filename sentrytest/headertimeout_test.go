package sentrytest_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// dribble opens a connection, sends text on it, and returns how long the server
// keeps it.
func dribble(t *testing.T, srv *sentrytest.Server, text string) time.Duration {
	t.Helper()
	g := NewWithT(t)
	c, err := srv.DialContext(t.Context(), "tcp", "")
	g.Expect(err).NotTo(HaveOccurred())
	defer c.Close()
	begin := time.Now()
	_, err = c.Write([]byte(text))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.SetReadDeadline(begin.Add(time.Hour))).To(Succeed())
	_, _ = io.ReadAll(c) // until it is closed, or the hour is over
	return time.Since(begin)
}

func TestHeaderTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []sentrytest.Option
		sent    string
		want    time.Duration
	}{
		"nothing is sent":       {nil, "", 10 * time.Second},
		"half a head":           {nil, "POST /api/1/store/ HTTP/1.1\r\nHost: x\r\n", 10 * time.Second},
		"half a handshake":      {[]sentrytest.Option{sentrytest.Trusted()}, "\x16\x03\x01", 10 * time.Second},
		"half a body, for long": {nil, "POST /api/1/store/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", time.Hour},
		"without the option":    {[]sentrytest.Option{sentrytest.HeaderTimeout(0)}, "POST", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := sentrytest.NewServer(t, append([]sentrytest.Option{sentrytest.InMemory(), sentrytest.HeaderTimeout(10 * time.Second)}, c.options...)...)
				NewWithT(t).Expect(dribble(t, srv, c.sent)).To(Equal(c.want))
			})
		})
	}
}

// What the server itself makes a client wait for is not the client's time.
func TestHeaderTimeoutOfAConnectionThatIsHeld(t *testing.T) {
	t.Parallel()
	for _, options := range [][]sentrytest.Option{nil, {sentrytest.Trusted()}} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, append(options, sentrytest.InMemory(), sentrytest.HeaderTimeout(10*time.Second))...)
			carrier := &http.Transport{DialContext: srv.DialContext, TLSClientConfig: &tls.Config{RootCAs: srv.CertPool()}}
			defer carrier.CloseIdleConnections()
			srv.Script(sentrytest.SlowAccept(time.Minute))
			begin := time.Now()
			resp, err := (&http.Client{Transport: carrier}).Get(srv.URL() + "/api/1/store/?sentry_key=k&sentry_data=%7B%7D")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(resp.Body.Close()).To(Succeed())
			g.Expect(time.Since(begin)).To(Equal(time.Minute))
			g.Expect(resp.StatusCode).To(Equal(200))
			carrier.CloseIdleConnections()

			srv.Script(sentrytest.SlowAccept(time.Minute))
			g.Expect(dribble(t, srv, "")).To(Equal(70 * time.Second))
		})
	}
}
