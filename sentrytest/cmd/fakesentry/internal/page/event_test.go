package page_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const rich = `{
	"level":"error","message":"checkout failed","transaction":"POST /checkout","release":"shop@1.2","timestamp":"2026-03-14T11:59:59Z",
	"exception":{"values":[
		{"type":"IOError","value":"disk full"},
		{"type":"PayError","value":"declined","mechanism":{"type":"panic","handled":false},"stacktrace":{"frames":[
			{"module":"net/http","function":"serve","filename":"server.go","lineno":7,"in_app":false},
			{"module":"net/http","function":"mux","filename":"server.go","lineno":9,"in_app":false},
			{"module":"shop","function":"pay","filename":"pay.go","lineno":12,"in_app":true,"pre_context":["a := 1"],"context_line":"boom(a)","post_context":["return"],"vars":{"a":1}}
		]}}]},
	"threads":{"values":[{"id":7,"name":"worker","crashed":true,"current":true}]},
	"breadcrumbs":[{"timestamp":"2026-03-14T11:59:57.5Z","category":"query","message":"SELECT 1","level":"warning","data":{"rows":1}}],
	"tags":{"shard":"7"},"user":{"id":"42","email":"ann@example.com"},"extra":{"cart":["cup"]},
	"contexts":{"trace":{"type":"trace","trace_id":"abc"},"os":{"name":"linux"}},"modules":{"yaml":"v1.6"},
	"request":{"url":"https://shop.example/pay?x=1","method":"POST","headers":{"X-A":"it's"},"data":{"card":"x"},"cookies":"a=b"},
	"unheard":"of"}`

func TestEventPage(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	s.add(`{"message":"before"}`)
	n := s.add(rich, `{"type":"attachment","filename":"a.txt","length":5}`, "hello")
	s.add(`{"message":"after"}`)
	a := s.get(fmt.Sprintf("/events/%d?q=level:error", n))
	g.Expect(a.status).To(Equal(200))
	text := html.UnescapeString(a.body)
	for _, want := range []string{
		"<h1>PayError</h1>", "declined", "checkout failed", "caused by", "IOError", "disk full", ">unhandled<", ">panic<",
		"2 frames outside of the application", "pay.go:12", `<li class="here"><span>12</span><code>boom(a)</code>`, "<span>11</span><code>a := 1</code>",
		"worker 7", ">crashed<", "SELECT 1", "\u22121.50 s", "ann@example.com", `["cup"]`, "trace_id", "1 module", "a.txt", "<pre>hello</pre>",
		"curl -X 'POST' --url 'https://shop.example/pay?x=1'", `-H 'X-A: it'\''s'`, "-b 'a=b'", `--data-raw '{"card":"x"}'`,
		"unheard</code> the protocol knows no such attribute", "exception types and in-app frames",
		"gzip", "tester/1.0", "/api/v1/events/4/raw?download=1", "/api/v1/events/4/attachments/1",
		"11:59:59.500", "+500 ms",
	} {
		g.Expect(text).To(ContainSubstring(want))
	}
	g.Expect(text).To(ContainSubstring(`href="/events/6?q=level%3Aerror" data-key="k"`))
	g.Expect(text).To(ContainSubstring(`href="/events/2?q=level%3Aerror" data-key="j"`))
	g.Expect(text).To(ContainSubstring(`href="/?q=tag%3Ashard%3D7"`))
	g.Expect(s.get("/events/"+strings.Repeat("0", 31)+"2").body).To(ContainSubstring("<h1>PayError</h1>"), "an id works as an address too")
	g.Expect(s.get(fmt.Sprintf("/events/%d?q=level:nonsense", n)).status).To(Equal(200))
}

// Events of any content have a page.
func TestOddEvents(t *testing.T) {
	t.Parallel()
	large := `{"message":"large","extra":{"x":"` + strings.Repeat("x", 1_000_000) + `"}}`
	crumbs := `{"message":"many","breadcrumbs":[` + strings.Repeat(`{"message":"crumb"},`, 2000) + `{"message":"1\u202f501 earlier ones are in the raw JSON."}]}`
	frames := `{"exception":{"type":"Deep","value":"","stacktrace":{"frames":[` + strings.Repeat(`{"function":"f"},`, 2000) + `{"function":"top"}]}}}`
	for name, c := range map[string]struct{ event, want string }{
		"nothing":       {`{}`, "An event without message or exception"},
		"message":       {`{"message":"first\nsecond"}`, "<h1>first</h1>\n<p class=\"detail\">second</p>"},
		"long message":  {`{"message":"` + strings.Repeat("é", 400) + `"}`, "<h1>" + strings.Repeat("é", 150) + "</h1>"},
		"template":      {`{"logentry":{"message":"%s is low","params":["tea"]}}`, "%s is low"},
		"unknown level": {`{"message":"m","level":"catastrophe"}`, `class="level error"`},
		"no frames":     {`{"exception":{"type":"Bare"}}`, "No stack trace."},
		"no type":       {`{"exception":{"value":"only a value"}}`, "only a value"},
		"wrong shapes":  {`{"exception":7,"breadcrumbs":"x","tags":[1],"user":3,"request":[],"contexts":5,"modules":1,"extra":"x"}`, "findings</a>"},
		"large":         {large, "cut; the raw JSON has the rest"},
		"many crumbs":   {crumbs, "1\u202f501 earlier ones are in the raw JSON."},
		"many frames":   {frames, "1\u202f501 frames more in the raw JSON."},
		"addresses":     {`{"exception":{"type":"E","stacktrace":{"frames":[{"instruction_addr":"0x12","colno":3}]}}}`, ":3"},
		"csp":           {`{"type":"csp","report":{"x":1},"time_spent":5,"template":{"filename":"a.html","lineno":3}}`, "a.html:3"},
		"group":         {`{"message":"m","exception":{"values":[{"type":"A"},{"type":"B","mechanism":{"source":"errors[0]"}}]}}`, "errors[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := newSite(t)
			n := s.add(c.event)
			a := s.get(fmt.Sprintf("/events/%d", n))
			g.Expect(a.status).To(Equal(200))
			g.Expect(html.UnescapeString(a.body)).To(ContainSubstring(c.want))
			g.Expect(len(a.body)).To(BeNumerically("<", 700_000))
			for _, path := range []string{"/", "/?group=1", "/requests", fmt.Sprintf("/requests/%d", n-1)} {
				g.Expect(s.get(path).status).To(Equal(200), path)
			}
		})
	}
}

const attack = `</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "`" + `{{.}}javascript:alert(1)`

// Texts from the network can't change the page.
func TestHostileEvents(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	x := strings.NewReplacer(`"`, `\"`).Replace(attack)
	event := strings.ReplaceAll(`{"message":"X","level":"X","logger":"X","platform":"X","server_name":"X","release":"X","environment":"X","dist":"X","transaction":"X","culprit":"X",
		"fingerprint":["X"],"tags":{"X":"X"},"extra":{"X":"X","y":["X"]},"user":{"id":"X","X":"X"},"modules":{"X":"X"},"contexts":{"X":{"X":"X"}},"sdk":{"name":"X","version":"X"},
		"request":{"url":"X","method":"X","query_string":"X","headers":{"X":"X"},"cookies":{"X":"X"},"data":"X","env":{"X":"X"}},
		"breadcrumbs":[{"category":"X","message":"X","type":"X","level":"X","data":{"X":"X"}}],"threads":{"values":[{"id":"X","name":"X","state":"X"}]},
		"exception":{"values":[{"type":"X","value":"X","module":"X","mechanism":{"type":"X","source":"X"},"stacktrace":{"frames":[
			{"module":"X","function":"X","filename":"X","abs_path":"X","lineno":1,"context_line":"X","pre_context":["X"],"in_app":true,"vars":{"X":"X"}}]}}]},"X":"X"}`, "X", x)
	n := s.add(event, `{"type":"attachment","filename":"`+x+`","content_type":"text/html","length":25}`, "<script>alert(1)</script>")
	for _, path := range []string{fmt.Sprintf("/events/%d", n), "/", "/?group=1", "/requests", fmt.Sprintf("/requests/%d", n-1), "/?q=%22%3Cscript%3Ealert(1)%3C/script%3E", "/nowhere/%3Cscript%3E"} {
		a := s.get(path)
		g.Expect(a.body).NotTo(ContainSubstring("<script>"), path)
		g.Expect(a.body).NotTo(ContainSubstring("<img src=x"), path)
		g.Expect(a.body).NotTo(MatchRegexp(`(href|src|action|hx-get)="(javascript|[^/#])`), path)
	}
}

// Pictures are shown with the type of their bytes. Other files are not shown.
func TestPreviews(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	n := s.add(`{"message":"m"}`,
		fmt.Sprintf(`{"type":"attachment","filename":"shot.html","content_type":"text/html","length":%d}`, len(png)), png,
		`{"type":"attachment","filename":"page.png","content_type":"image/png","length":14}`, "<svg onload=1>",
		`{"type":"attachment","filename":"core","length":3}`, "\x00\xff\x01")
	body := s.get(fmt.Sprintf("/events/%d", n)).body
	g.Expect(body).To(ContainSubstring(fmt.Sprintf(`<img src="/events/%d/preview/1" alt="shot.html"`, n)))
	g.Expect(body).NotTo(ContainSubstring("preview/2"))
	a := s.get(fmt.Sprintf("/events/%d/preview/1", n))
	g.Expect(a.status).To(Equal(200))
	g.Expect(a.header.Get("Content-Type")).To(Equal("image/png"))
	g.Expect(a.header.Get("Content-Security-Policy")).To(Equal("default-src 'none'; sandbox"))
	g.Expect(a.header.Get("X-Content-Type-Options")).To(Equal("nosniff"))
	g.Expect(a.body).To(Equal(png))
	for _, index := range []string{"0", "2", "3", "4", "-1", "x"} {
		g.Expect(s.get(fmt.Sprintf("/events/%d/preview/%s", n, index)).status).To(Equal(404), index)
	}
}
