package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts the whole program without its command line.
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

// client returns a client that checks every request and answer against the
// OpenAPI document.
func client(t *testing.T, h *host.Host) *fakesentryclient.Client {
	t.Helper()
	checked := &http.Client{Transport: &checker{t: t, next: h.Server.Client().Transport, router: document(t, h)}}
	c, err := fakesentryclient.New(h.URL(), fakesentryclient.HTTPClient(checked))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c
}

// document loads the document that the server serves.
func document(t *testing.T, h *host.Host) routers.Router {
	t.Helper()
	g := NewWithT(t)
	resp := get(t, h, "/api/v1/openapi.json")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(resp.body))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(doc.Validate(t.Context())).To(Succeed())
	router, err := gorillamux.NewRouter(doc)
	g.Expect(err).NotTo(HaveOccurred())
	return router
}

type checker struct {
	t      *testing.T
	next   http.RoundTripper
	router routers.Router
}

func (c *checker) RoundTrip(r *http.Request) (*http.Response, error) {
	route, path, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Errorf("%s %s is not in the document: %v", r.Method, r.URL, err)
		return c.next.RoundTrip(r)
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil || strings.HasSuffix(r.URL.Path, "/stream") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp, err
	}
	if err := resp.Body.Close(); err != nil {
		return resp, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route},
		Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		c.t.Errorf("%s %s: the answer does not match the document: %v", r.Method, r.URL, err)
	}
	return resp, nil
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, h *host.Host, path string, headers ...string) reply {
	t.Helper()
	return do(t, h, http.MethodGet, path, "", headers...)
}

// do makes a request. Header lines have the form "Name: value"; Host is allowed
// too.
func do(t *testing.T, h *host.Host, method, path, body string, headers ...string) reply {
	t.Helper()
	g := NewWithT(t)
	req, err := http.NewRequestWithContext(t.Context(), method, h.Server.URL()+path, strings.NewReader(body))
	g.Expect(err).NotTo(HaveOccurred())
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := h.Server.Client().Do(req)
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// store sends an event with the key and returns its id.
func store(t *testing.T, h *host.Host, key, event string) string {
	t.Helper()
	r := do(t, h, http.MethodPost, "/api/1/store/?sentry_key="+key, event)
	NewWithT(t).Expect(r.status).To(Equal(200), r.body)
	return strings.TrimSuffix(strings.TrimPrefix(r.body, `{"id":"`), `"}`)
}

func message(text string) string { return fmt.Sprintf(`{"message":%q}`, text) }

const (
	envelopeID = "fc6d8c0c43fc4630ad850ee518f1b9d0"
	otherID    = "0123456789abcdef0123456789abcdef"
)

// enclosed returns an envelope of an event and an attachment.
func enclosed(t *testing.T, h *host.Host, key string) {
	t.Helper()
	body := `{"event_id":"` + envelopeID + `"}` + "\n" + `{"type":"event"}` + "\n" + message("enclosed") + "\n" +
		`{"type":"attachment","filename":"page.html","content_type":"text/html"}` + "\n<script>alert(1)</script>\n"
	r := do(t, h, http.MethodPost, "/api/1/envelope/?sentry_key="+key, body)
	NewWithT(t).Expect(r.status).To(Equal(200), r.body)
}
