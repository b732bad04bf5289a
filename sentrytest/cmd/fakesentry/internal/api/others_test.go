package api_test

import (
	"bufio"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
)

func TestKent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	g.Expect(get(t, h, "/api/eventlist/").body).To(Equal("{\"events\":[]}\n"))
	id := store(t, h, "k", message("boom"))
	enclosed(t, h, "k")
	g.Expect(do(t, h, http.MethodPost, "/api/shop/store/?sentry_key=k", `{"event_id":"`+otherID+`","message":"of no number"}`).status).To(Equal(200))
	g.Expect(get(t, h, "/api/eventlist/").body).To(MatchJSON(`{"events":[
		{"project_id":1,"event_id":"`+id+`","summary":"boom"},
		{"project_id":1,"event_id":"`+envelopeID+`","summary":"enclosed"},
		{"project_id":"shop","event_id":"`+otherID+`","summary":"of no number"}]}`), "oldest first")
	for id, want := range map[string]string{
		id:         `{"project_id":1,"event_id":"` + id + `","payload":{"envelope_header":null,"header":null,"body":{"message":"boom"}}}`,
		envelopeID: `{"project_id":1,"event_id":"` + envelopeID + `","payload":{"envelope_header":{"event_id":"` + envelopeID + `"},"header":{"type":"event"},"body":{"message":"enclosed"}}}`,
	} {
		r := get(t, h, "/api/event/"+id)
		g.Expect(r.status).To(Equal(200))
		g.Expect(r.body).To(MatchJSON(want))
	}
	g.Expect(get(t, h, "/api/event/absent").status).To(Equal(404))
	g.Expect(do(t, h, http.MethodPost, "/api/flush/", "").body).To(Equal("{\"success\":true}\n"))
	g.Expect(get(t, h, "/api/eventlist/").body).To(Equal("{\"events\":[]}\n"))
	g.Expect(get(t, h, "/api/flush/").status).NotTo(Equal(200), "reading must not delete")
}

// frames reads n server-sent events and returns their fields.
func frames(t *testing.T, h *host.Host, path string, n int) []map[string]string {
	t.Helper()
	g := NewWithT(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+path, nil)
	g.Expect(err).NotTo(HaveOccurred())
	resp, err := h.Server.Client().Do(req)
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	g.Expect(resp.Header.Get("Content-Type")).To(Equal("text/event-stream"))
	var out []map[string]string
	frame := map[string]string{}
	lines := bufio.NewScanner(resp.Body)
	for len(out) < n && lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), ": ")
		switch {
		case ok && name != "":
			frame[name] = value
		case len(frame) > 0:
			out = append(out, frame)
			frame = map[string]string{}
		}
	}
	return out
}

func TestSpotlight(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	body := "{\"event_id\":\"" + envelopeID + "\"}\n{\"type\":\"event\"}\n" + message("seen") + "\n{\"type\":\"attachment\",\"length\":3}\n\xff\xfe\xfd\n{\"type\":\"attachment\"}\nplain text"
	g.Expect(do(t, h, http.MethodPost, "/stream", body, "Content-Type: application/x-sentry-envelope").status).To(Equal(200))
	store(t, h, "k", message("stored"))
	sent := frames(t, h, "/stream", 2)
	g.Expect(sent[0]).To(HaveKeyWithValue("event", "application/x-sentry-envelope"))
	g.Expect(sent[0]["data"]).To(MatchJSON(`[{"event_id":"` + envelopeID + `","__spotlight_envelope_id":1},
		[[{"type":"event"},{"message":"seen"}],[{"type":"attachment","length":3},"//79"],[{"type":"attachment"},"plain text"]]]`))
	g.Expect(sent[1]["data"]).To(MatchRegexp(`^\[\{"__spotlight_envelope_id":3,"event_id":"[0-9a-f]{32}"\},\[\[\{"type":"event"\},\{"message":"stored"\}\]\]\]$`))
	g.Expect(frames(t, h, "/stream?base64=1&after="+sent[0]["id"], 1)[0]).To(And(
		HaveKeyWithValue("event", "application/x-sentry-envelope;base64"), HaveKeyWithValue("data", ContainSubstring("stored"))))
}

func TestEverythingInTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	h := start(t, host.Config{})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(get(t, h, "/api/v1/openapi.yaml").body))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	fill := strings.NewReplacer("{id}", "1", "{index}", "1", "{seq}", "1", "{key}", "k")
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if path == "/stream" || path == "/wait" {
				continue // they do not end at once, and have their own tests
			}
			r := do(t, h, method, "/api/v1"+fill.Replace(path), "")
			NewWithT(t).Expect(r.status).NotTo(Equal(http.StatusMethodNotAllowed), method+" "+path)
			NewWithT(t).Expect(r.body).NotTo(ContainSubstring("not an address of this API"), method+" "+path)
		}
	}
}

// The document describes the fields of faults that the server reads. The tests
// of sentrytest write this part of the document.
func TestTheDocumentDescribesFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(get(t, start(t, host.Config{}), "/api/v1/openapi.yaml").body))
	g.Expect(err).NotTo(HaveOccurred())
	fault := doc.Components.Schemas["Fault"].Value
	var kinds []string
	for _, kind := range fault.Properties["do"].Value.Enum {
		kinds = append(kinds, kind.(string))
	}
	g.Expect(kinds).To(Equal(sentrytest.FaultKinds()))
	_, err = sentrytest.ParseFaults([]byte(`[{"nothing":1}]`))
	var bad *sentrytest.FaultError
	g.Expect(errors.As(err, &bad)).To(BeTrue())
	g.Expect(strings.Split(strings.TrimPrefix(bad.Problems[0].Want, "one of "), ", ")).To(ConsistOf(slices.Collect(maps.Keys(fault.Properties))))
}

func TestTheDocumentNamesEveryParameter(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(get(t, h, "/api/v1/openapi.yaml").body))
	g.Expect(err).NotTo(HaveOccurred())
	fill := strings.NewReplacer("{id}", "1", "{index}", "1", "{seq}", "1", "{key}", "k")
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			var names []string
			for _, p := range operation.Parameters {
				if p.Value.In == "query" {
					names = append(names, p.Value.Name)
				}
			}
			if path == "/metrics" {
				continue
			}
			takes := "this address takes " + strings.Join(names, ", ")
			if len(names) == 0 {
				takes = "this address takes none"
			}
			g.Expect(do(t, h, method, "/api/v1"+fill.Replace(path)+"?absent=1", "").body).To(ContainSubstring(takes+`"}`), method+" "+path)
		}
	}
}
