package wire_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

func TestRouteOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]wire.Route{
		"/api/1/store/":                {Protocol: "store", Project: "1"},
		"/api/1/envelope":              {Protocol: "envelope", Project: "1"},
		"/pre/fix//api//1//minidump//": {Protocol: "minidump", Project: "1"},
		"/api/store/":                  {Protocol: "store"},
		"/api/envelope/":               {},
		"/api/1/other/":                {},
		"/1/store/":                    {},
		"":                             {},
	} {
		NewWithT(t).Expect(wire.RouteOf(path)).To(Equal(want), path)
	}
	g := NewWithT(t)
	g.Expect(wire.RouteOf("/x/api/1/store").Path()).To(Equal("/api/1/store/"))
	g.Expect(wire.RouteOf("/api/store").Path()).To(Equal("/api/store/"))
	g.Expect(wire.RouteOf("/api/1/store/").Allows("GET")).To(BeTrue())
	g.Expect(wire.RouteOf("/api/1/envelope/").Allows("GET")).To(BeFalse())
}

func TestAuthOfRequest(t *testing.T) {
	t.Parallel()
	const key = "Sentry sentry_key=k, sentry_version=7, sentry_client=c/1"
	for name, c := range map[string]struct {
		header  http.Header
		query   string
		wins    bool
		source  string // "" for none
		refused string
	}{
		"header":        {http.Header{"X-Sentry-Auth": {key}}, "", false, "X-Sentry-Auth", ""},
		"authorization": {http.Header{"Authorization": {key}}, "", false, "Authorization", ""},
		"basic":         {http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("k:"))}}, "", false, "Basic", ""},
		"query":         {http.Header{}, "sentry_key=k", false, "query", ""},
		"none":          {http.Header{"Authorization": {"Bearer x"}}, "a=b", false, "", ""},
		"two":           {http.Header{"X-Sentry-Auth": {key}}, "sentry_key=k", false, "", "multiple authorization payloads detected"},
		"two, in order": {http.Header{"X-Sentry-Auth": {key}}, "sentry_key=k", true, "query", ""},
		"no key":        {http.Header{"X-Sentry-Auth": {"Sentry sentry_version=7"}}, "", false, "X-Sentry-Auth", "bad x-sentry-auth header"},
		"version":       {http.Header{}, "sentry_key=k&sentry_version=8", false, "query", "unsupported protocol version (8)"},
	} {
		g := NewWithT(t)
		a, r := wire.AuthOfRequest(c.header, c.query, c.wins)
		if c.refused != "" {
			g.Expect(r).NotTo(BeNil(), name)
			g.Expect(r.Detail).To(Equal(c.refused), name)
		} else {
			g.Expect(r).To(BeNil(), name)
		}
		if c.source == "" {
			g.Expect(a).To(BeNil(), name)
			continue
		}
		g.Expect(a.Source).To(Equal(c.source), name)
		if r == nil {
			g.Expect(a.Key).To(Equal("k"), name)
			g.Expect(a.Version).To(Equal(7), name)
		}
	}
}

func TestParseDSN(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	key, secret, project, err := wire.ParseDSN("https://k:s@host/pre/7")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect([]string{key, secret, project}).To(Equal([]string{"k", "s", "7"}))
	for _, dsn := range []string{"ftp://k@host/7", "https://host/7", "https://k@host/", ":"} {
		_, _, _, err := wire.ParseDSN(dsn)
		g.Expect(err).To(HaveOccurred(), dsn)
	}
}

// parse reads an envelope to its end or its defect.
func parse(raw string, g wire.Grammar) (wire.Header, []wire.Item, *wire.Defect) {
	p := wire.NewParser([]byte(raw), g)
	h, err := p.Header()
	var items []wire.Item
	for err == nil {
		var item *wire.Item
		if item, err = p.Next(); item == nil {
			break
		}
		items = append(items, *item)
	}
	return h, items, err
}

func TestParser(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h, items, err := parse(`{"event_id":"FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0","dsn":"http://k@h/1","sent_at":"2020-01-02T03:04:05Z"}`+
		"\n"+`{"type":"a","length":3}`+"\n"+"x\ny"+"\n"+`{"type":"b"}`+"\n"+"to the line's end\n", wire.Grammar{})
	g.Expect(err).To(BeNil())
	g.Expect(h.EventID).To(Equal("fc6d8c0c43fc4630ad850ee518f1b9d0"))
	g.Expect(h.SentAt).To(Equal(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)))
	g.Expect(items).To(HaveLen(2))
	g.Expect(string(items[0].Payload)).To(Equal("x\ny"))
	g.Expect(string(items[1].Payload)).To(Equal("to the line's end"))
	g.Expect(h.Check("1", "k")).To(BeNil())
	g.Expect(h.Check("", "k")).To(BeNil(), "the legacy endpoint names no project")
	g.Expect(h.Check("2", "k").Causes[0]).To(ContainSubstring("project"))
	g.Expect(h.Check("1", "l").Causes[0]).To(ContainSubstring("public key"))
}

func TestParserDefects(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		reason string
		offset int
	}{
		"":                 {"invalid envelope header", 0},
		`{"event_id":"x"}`: {"invalid envelope header", 0},
		`{"dsn":"http://k@h/1","dsn":"http://k@h/1"}`: {"invalid envelope header", 0},
		"{} {}":  {"missing newline after header or payload", 2},
		"{}\n{}": {"invalid item header", 3},
		"{}\n" + `{"type":"a","length":9}` + "\nx": {"unexpected end of file", 27},
		"{}\n\n": {"unexpected end of file", 3},
		"{}\n" + strings.Repeat(`{"type":"a","length":0}`+"\n\n", 10_001): {"too many items", 3 + 10_000*25},
	} {
		g := NewWithT(t)
		_, _, err := parse(raw, wire.Grammar{})
		g.Expect(err).NotTo(BeNil(), "%.60q", raw)
		g.Expect(err.Reason).To(Equal(want.reason), "%.60q", raw)
		g.Expect(err.Offset).To(Equal(want.offset), "%.60q", raw)
	}
}

func TestGrammar(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, _, err := parse("{}\n\n", wire.Grammar{BlankLines: true})
	g.Expect(err).To(BeNil())
	_, items, err := parse("{}\n"+`{"type":"a"}`, wire.Grammar{})
	g.Expect(err).To(BeNil())
	g.Expect(items).To(HaveLen(1))
	_, _, err = parse("{}\n"+`{"type":"a"}`, wire.Grammar{BareHeader: true})
	g.Expect(err).NotTo(BeNil())
	g.Expect(err.Refusal().Status).To(Equal(400))
}

func TestLimits(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var l wire.Limits
	g.Expect(l.Add(wire.Item{Type: "event"})).To(BeNil())
	g.Expect(l.Add(wire.Item{Type: "unknown", Payload: make([]byte, 1<<21)})).To(BeNil())
	g.Expect(l.Add(wire.Item{Type: "transaction"}).Detail).To(ContainSubstring("'transaction'"), "both are of one class")
	g.Expect(new(wire.Limits).Add(wire.Item{Type: "event", Payload: make([]byte, 1<<20+1)}).Status).To(Equal(413))
	g.Expect(new(wire.Limits).Add(wire.Item{Type: "log", Payload: make([]byte, 3<<20), ItemCount: 2})).To(BeNil())
	g.Expect(new(wire.Limits).Add(wire.Item{Type: "log", Payload: make([]byte, 3<<20), ItemCount: 1})).NotTo(BeNil())
}

func TestDecodeStore(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write([]byte(`{"a":1}`))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(w.Close()).To(Succeed())
	for _, body := range []string{`{"a":1}`, base64.StdEncoding.EncodeToString([]byte(`{"a":1}`)), base64.StdEncoding.EncodeToString(b.Bytes())} {
		got, r := wire.DecodeStore([]byte(body))
		g.Expect(r).To(BeNil(), body)
		g.Expect(string(got)).To(Equal(`{"a":1}`))
	}
	for _, body := range []string{"", "[1]", "e30\n="} {
		_, r := wire.DecodeStore([]byte(body))
		g.Expect(r).NotTo(BeNil(), body)
		g.Expect(r.Status).To(Equal(400))
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, r := wire.Decode([]byte("x"), "lzma", nil, 10, nil)
	g.Expect(r.Status).To(Equal(415))
	g.Expect(wire.CheckEncoding("lzma")).To(Equal(r))
	g.Expect(wire.CheckEncoding("gzip")).To(BeNil())
	_, r = wire.Decode([]byte("xx"), "", nil, 1, nil)
	g.Expect(r.Causes).To(Equal([]string{"the body is longer than 1 bytes"}))
	_, r = wire.Decode([]byte("xx"), "gzip", nil, 1, nil)
	g.Expect(r.Body()).To(HavePrefix(`{"detail":"invalid request body","causes":["content encoding gzip: `))
}

func TestSplitClient(t *testing.T) {
	t.Parallel()
	for client, want := range map[string][2]string{"a/1": {"a", "1"}, "a b 1": {"a", "b 1"}, "a": {"a", ""}} {
		name, version := wire.SplitClient(client)
		NewWithT(t).Expect([2]string{name, version}).To(Equal(want), client)
	}
}
