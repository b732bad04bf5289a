package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// This test is inside the package because it reads the routes.

func newAPI(t *testing.T) *API {
	t.Helper()
	s, err := store.Open(store.Config{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(Config{
		Store: s, Faults: func() Faults { return noFaults{} }, Lifetime: t.Context(),
		DSN: func(*http.Request, string, string) string { return "" }, TLSDSN: func(*http.Request, string, string) string { return "" },
	})
}

// noFaults is a Faults that does nothing.
type noFaults struct{}

func (noFaults) SetFaults(...sentrytest.Fault) error { return nil }
func (noFaults) Faults() []sentrytest.Fault          { return nil }
func (noFaults) ClearFaults()                        {}

// describedRoutes returns the query parameters of each address in the document.
func describedRoutes(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	out := map[string][]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			names := []string{}
			for _, p := range slices.Concat(item.Parameters, operation.Parameters) {
				if p.Value.In == "query" {
					names = append(names, p.Value.Name)
				}
			}
			out[method+" /api/v1"+strings.ReplaceAll(path, "{key}", "{tenant}")] = names
		}
	}
	return out
}

func TestTheDocumentHasEveryAddressAndParameter(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	described := describedRoutes(t)
	for pattern, to := range newAPI(t).routes() {
		if !strings.Contains(pattern, " /api/v1/") {
			g.Expect(to.lenient).To(BeTrue(), pattern+" belongs to Kent or Spotlight")
			continue
		}
		g.Expect(to.lenient).To(BeFalse(), pattern)
		g.Expect(described).To(HaveKeyWithValue(pattern, ConsistOf(slices.Clone(to.parameters))), pattern)
		delete(described, pattern)
	}
	g.Expect(described).To(BeEmpty(), "the document describes only existing addresses")
}

// Each address refuses parameters and bodies that it does not know, and names
// those that it knows.
func TestAddressesRefuseUnknownParametersAndBodies(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		// Accepted requests may wait or stream, so their context has ended
		// already.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := httptest.NewRecorder()
		api.mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body)))
		return w
	}
	fill := strings.NewReplacer("{id}", "1", "{index}", "1", "{seq}", "1", "{tenant}", "k")
	for pattern, to := range api.routes() {
		if to.lenient {
			continue
		}
		t.Run(pattern, func(t *testing.T) {
			g := NewWithT(t)
			method, path, _ := strings.Cut(fill.Replace(pattern), " ")
			w := ask(method, path+"?misspelt=1", "")
			g.Expect(w.Code).To(Equal(http.StatusBadRequest))
			g.Expect(w.Body.String()).To(HavePrefix(`{"error":"there is no parameter \"misspelt\": this address takes `))
			for _, name := range to.parameters {
				g.Expect(w.Body.String()).To(ContainSubstring(name))
				if !strings.HasSuffix(name, "[]") {
					w := ask(method, path+"?"+name+"=1&"+name+"=2", "")
					g.Expect(w.Code).To(Equal(http.StatusBadRequest))
					g.Expect(w.Body.String()).To(ContainSubstring("occurs 2 times"))
				}
			}
			body, why := `{"misspelt":1}`, "a "+method+" has no body"
			if method == http.MethodPost || method == http.MethodPut {
				why = "the body must be a JSON object such as"
			}
			w = ask(method, path, body)
			g.Expect(w.Code).To(Equal(http.StatusBadRequest))
			g.Expect(w.Body.String()).To(ContainSubstring(why))
		})
	}
}

func TestMetricsByName(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	w := httptest.NewRecorder()
	newAPI(t).mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/metrics?name[]=fakesentry_events&name[]=fakesentry_kept_bytes", nil))
	g.Expect(w.Code).To(Equal(http.StatusOK))
	g.Expect(strings.Count(w.Body.String(), "# TYPE ")).To(Equal(2))
}
