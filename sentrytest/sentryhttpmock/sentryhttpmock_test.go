package sentryhttpmock_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/sentryhttpmock"
	"github.com/ravenkit/ravenkit/transport"
)

const storePath = "/api/1/store/?sentry_key=a"

func post(ctx context.Context, mock *httpmock.MockTransport, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	resp, err := (&http.Client{Transport: mock}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestNew(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	mock.RegisterResponder("GET", "https://api.example.com/", httpmock.NewStringResponder(204, ""))
	id := "fc6d8c0c43fc4630ad850ee518f1b9d0"
	status, body, err := post(t.Context(), mock, srv.URL()+storePath, `{"event_id":"`+id+`","message":"boom"}`)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(status).To(Equal(200))
	g.Expect(body).To(Equal(`{"id":"` + id + `"}`))
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("boom"))
	g.Expect(e.Received.Host).To(Equal(srv.Addr()))
	g.Expect(mock.GetTotalCallCount()).To(Equal(1))

	resp, err := (&http.Client{Transport: mock}).Get("https://api.example.com/")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.StatusCode).To(Equal(204), "the mock's other responders still work")
	_, _, err = post(t.Context(), mock, "https://elsewhere.example.com"+storePath, "{}")
	g.Expect(err).To(MatchError(ContainSubstring("no responder found")))
	g.Expect(srv.Requests()).To(HaveLen(1))
}

// Register accepts any host, with or without a port.
func TestRegisterHosts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock := httpmock.NewMockTransport()
	srv := sentrytest.NewServer(t, sentrytest.ListenTLS(""), sentrytest.InMemory())
	sentryhttpmock.Register(mock, srv, "o1.ingest.sentry.io", "sentry.test:9000")
	for _, base := range []string{
		srv.URL(), srv.TLSURL(), "https://o1.ingest.sentry.io", "http://o1.ingest.sentry.io:8080", "https://sentry.test:9000",
	} {
		status, _, err := post(t.Context(), mock, base+storePath, `{"message":"x"}`)
		g.Expect(err).NotTo(HaveOccurred(), base)
		g.Expect(status).To(Equal(200), base)
	}
	for _, base := range []string{"https://sentry.test", "https://o1.ingest.sentry.io.example.com", "https://x.o1.ingest.sentry.io"} {
		_, _, err := post(t.Context(), mock, base+storePath, "{}")
		g.Expect(err).To(MatchError(ContainSubstring("no responder found")), base)
	}
	g.Expect(srv.Events()).To(HaveLen(5))
	g.Expect(srv.Events()[2].Received.Host).To(Equal("o1.ingest.sentry.io"))
}

// An https server answers over TLS.
func TestTLSServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t, sentrytest.Trusted())
	_, _, err := post(t.Context(), mock, srv.URL()+storePath, "{}")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.Events()[0].Received.TLS).To(BeTrue())
}

// Faults of every kind reach the client as they would over a network.
func TestFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	srv.Script(sentrytest.Status(429).RetryAfter("30"), sentrytest.Reset(), sentrytest.Truncate(3), sentrytest.NotHTTP())
	srv.Rule(sentrytest.When(sentrytest.OnSizeOver(100)).Do(sentrytest.Status(413)))
	url := srv.URL() + storePath
	status, _, err := post(t.Context(), mock, url, strings.Repeat("x", 200))
	g.Expect(status, err).To(Equal(413))
	status, _, err = post(t.Context(), mock, url, "{}")
	g.Expect(status, err).To(Equal(429))
	_, _, err = post(t.Context(), mock, url, "{}")
	g.Expect(err).To(MatchError(ContainSubstring("connection reset")))
	_, body, err := post(t.Context(), mock, url, "{}")
	g.Expect(err).To(MatchError(io.ErrUnexpectedEOF))
	g.Expect(body).To(Equal(`{"i`))
	_, _, err = post(t.Context(), mock, url, "{}")
	g.Expect(err).To(MatchError(ContainSubstring("malformed HTTP")))
	srv.Down()
	_, _, err = post(t.Context(), mock, url, "{}")
	g.Expect(err).To(MatchError(ContainSubstring("connection refused")))
	g.Expect(srv.Up()).To(Succeed())
	status, _, err = post(t.Context(), mock, url, "{}")
	g.Expect(status, err).To(Equal(200))
}

// Without sockets, timeouts take no real time.
func TestTimeoutsInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		mock, srv := sentryhttpmock.New(t)
		srv.Script(sentrytest.Hang(), sentrytest.OK().After(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		start := time.Now()
		_, _, err := post(ctx, mock, srv.URL()+storePath, "{}")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(time.Since(start)).To(Equal(24 * time.Hour))
		_, _, err = post(t.Context(), mock, srv.URL()+storePath, "{}")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(time.Since(start)).To(Equal(25 * time.Hour))
	})
}

// The module's own transports take the mock in Env.HTTPClient.
func TestTransportEnv(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	for _, scheme := range []string{"sync", "threaded"} {
		dsn, err := transport.ParseDSN(srv.DSN(sentrytest.DSNScheme(scheme)))
		g.Expect(err).NotTo(HaveOccurred())
		tr, err := transport.DefaultRegistry().Open(dsn, transport.Env{HTTPClient: &http.Client{Transport: mock}})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = tr.Send(t.Context(), &transport.Packet{
			URL: dsn.StoreURL(), Body: []byte(`{"message":"by ` + scheme + `"}`), EventID: strings.Repeat("a", 32),
			Header: http.Header{"X-Sentry-Auth": {"Sentry sentry_key=" + dsn.PublicKey}},
		})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(tr.Close(t.Context())).To(Succeed())
		sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("by "+scheme))
	}
}

// failing stands for a test.
type failing struct {
	sentrytest.TB
	text string
}

func (f *failing) Fatalf(format string, args ...any) { f.text = fmt.Sprintf(format, args...) }

func TestNewFailsTheTestIfTheServerCannotStart(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	tb := &failing{TB: t}
	mock, srv := sentryhttpmock.New(tb, sentrytest.Listen("127.0.0.1:0"))
	g.Expect(srv).To(BeNil())
	g.Expect(mock).NotTo(BeNil())
	g.Expect(tb.text).To(Equal("sentrytest: the options InMemory and Listen exclude each other"))
}
