package ravenhttp_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

func TestEveryRequestIsABreadcrumb(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/broken":
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	browser := &http.Client{Transport: ravenhttp.NewTransport(srv.Client().Transport)}
	defer browser.CloseIdleConnections()
	ctx, _ := raven.NewContext(t.Context(), client)

	for _, path := range []string{"/found?token=t0p", "/missing", "/broken"} {
		r, err := http.NewRequestWithContext(ctx, "", strings.Replace(srv.URL, "://", "://ada:pw@", 1)+path, nil)
		g.Expect(err).NotTo(HaveOccurred())
		resp, err := browser.Do(r)
		g.Expect(err).NotTo(HaveOccurred())
		resp.Body.Close()
	}
	client.CaptureMessage(ctx, "m")

	crumbs := rec.Events()[0].Breadcrumbs
	g.Expect(crumbs).To(HaveLen(3))
	g.Expect(crumbs[0].Type).To(Equal("http"))
	g.Expect(crumbs[0].Category).To(Equal("http"))
	g.Expect(crumbs[0].Data).To(And(HaveKeyWithValue("method", "GET"), HaveKeyWithValue("url", srv.URL+"/found"),
		HaveKeyWithValue("status_code", BeEquivalentTo(200)), HaveKeyWithValue("reason", "OK"), HaveKey("duration_ms")))
	g.Expect(crumbs[1].Level).To(Equal("warning"))
	g.Expect(crumbs[2].Level).To(Equal("error"))
	g.Expect(string(rec.Events()[0].Raw)).NotTo(Or(ContainSubstring("t0p"), ContainSubstring("ada")))
}

type closing struct {
	http.RoundTripper
	closed int
}

func (c *closing) CloseIdleConnections() { c.closed++ }

func TestCloseIdleConnectionsIsForwarded(t *testing.T) {
	t.Parallel()
	next := new(closing)
	(&http.Client{Transport: ravenhttp.NewTransport(next)}).CloseIdleConnections()
	// This transport has none.
	(&http.Client{Transport: ravenhttp.NewTransport(failing{})}).CloseIdleConnections()
	NewWithT(t).Expect(next.closed).To(Equal(1))
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestARequestThatFails(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	ctx, _ := raven.NewContext(t.Context(), client)
	r := httptest.NewRequest(http.MethodPost, "http://shop.example/", nil).WithContext(ctx)

	_, err := ravenhttp.NewTransport(failing{errors.New("no route to host")}).RoundTrip(r)

	g.Expect(err).To(MatchError("no route to host"))
	client.CaptureMessage(ctx, "m")
	crumb := rec.Events()[0].Breadcrumbs[0]
	g.Expect(crumb.Level).To(Equal("error"))
	g.Expect(crumb.Data).To(And(HaveKeyWithValue("reason", "no route to host"), Not(HaveKey("status_code"))))
}
