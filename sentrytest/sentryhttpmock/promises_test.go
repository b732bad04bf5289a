package sentryhttpmock_test

import (
	"net/http"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/sentryhttpmock"
)

func TestRestyClient(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	r, err := resty.New().SetTransport(mock).R().SetBody(`{"message":"by resty"}`).Post(srv.URL() + storePath)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.StatusCode()).To(Equal(200))
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("by resty"))
}

// The server answers the methods that clients of Sentry use.
func TestAnsweredMethods(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	ask := func(method string) (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+storePath, nil)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := (&http.Client{Transport: mock}).Do(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	for method, want := range map[string]int{"POST": 400, "GET": 400, "OPTIONS": 200} {
		g.Expect(ask(method)).To(Equal(want), method)
	}
	_, err := ask("DELETE")
	g.Expect(err).To(MatchError(ContainSubstring("no responder found")))
}

func TestHTTPSRequestsAreRecordedAsHTTP(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock := httpmock.NewMockTransport()
	srv := sentrytest.NewServer(t, sentrytest.InMemory())
	sentryhttpmock.Register(mock, srv, "O1.ingest.sentry.io")
	_, _, err := post(t.Context(), mock, "https://o1.ingest.sentry.io"+storePath, `{"message":"x"}`)
	g.Expect(err).NotTo(HaveOccurred())
	received := srv.Events()[0].Received
	g.Expect(received.TLS).To(BeFalse())
	g.Expect(received.Host).To(Equal("o1.ingest.sentry.io"))
}

func TestResetForgetsTheServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	mock, srv := sentryhttpmock.New(t)
	mock.Reset()
	_, _, err := post(t.Context(), mock, srv.URL()+storePath, "{}")
	g.Expect(err).To(MatchError(ContainSubstring("no responder found")))
	sentryhttpmock.Register(mock, srv)
	status, _, err := post(t.Context(), mock, srv.URL()+storePath, "{}")
	g.Expect(status, err).To(Equal(200))
}

// New makes a mock of its own.
func TestGlobalTransportIsUnchanged(t *testing.T) {
	g := NewWithT(t)
	before := http.DefaultTransport
	sentryhttpmock.New(t)
	g.Expect(http.DefaultTransport).To(BeIdenticalTo(before))
	g.Expect(httpmock.DefaultTransport.NumResponders()).To(BeZero())
}
