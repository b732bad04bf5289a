package sentrytest_test

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// percent escapes every character for a URL.
func percent(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// escape escapes every character for JSON.
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, `\u%04x`, text[i])
	}
	return b.String()
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// The secret is found in whatever form it travels, and the place is named.
func TestCanaryFindsEveryForm(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		send  func(t *testing.T, srv *sentrytest.Server, secret string)
		place string // Place (Form)
	}{
		{"plain", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, `{"extra":{"config":{"password":"it is `+s+`!"}}}`)
		}, "event: extra.config.password (plain)"},
		{"upper case", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, message(strings.ToUpper(s))) }, "event: message (plain)"},
		{"list", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, `{"extra":{"l":[1,["`+s+`"]]}}`) }, "event: extra.l.1.0 (plain)"},
		{"key", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, `{"extra":{"`+s+`":1}}`) }, "a key in event: extra (plain)"},
		{"JSON escapes", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, `{"message":"`+escape(s)+`"}`) }, "event: message (plain)"},
		{"JSON in JSON", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, `{"message":"{\"a\":\"`+strings.ReplaceAll(escape(s), `\`, `\\`)+`\"}"}`)
		}, "event: message (JSON-encoded)"},
		{"URL", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, `{"request":{"url":"http://h/?token=`+percent(s)+`"}}`)
		}, "event: request.url (URL-encoded)"},
		{"URL twice", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, message(strings.ReplaceAll(percent(s), "%", "%25")))
		}, "event: message (URL-encoded)"},
		{"hex", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, message("0x"+strings.ToUpper(hex.EncodeToString([]byte(s)))))
		}, "event: message (hex)"},
		{"base64", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, message(base64Of(s))) }, "event: message (base64)"},
		{"base64, one off", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, message(base64Of("?"+s+"?"))) }, "event: message (base64)"},
		{"base64, two off", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, message(base64Of("ÿ"+s))) }, "event: message (base64)"},
		{"base64 of URLs", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, message(base64.RawURLEncoding.EncodeToString([]byte("\xff\xfe\xfd\xfc"+s+"\xff"))))
		}, "event: message (base64)"},
		{"base64 in a URL", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, message("a="+percent(base64Of(s))))
		}, "event: message (URL-encoded base64)"},
		{"header", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, message("m"), "Cookie: id="+s) }, "header Cookie (plain)"},
		{"auth", func(t *testing.T, srv *sentrytest.Server, s string) {
			send(t, srv, "POST", storePath, message("m"), "Authorization: Basic "+base64Of(s+":"))
		}, "header Authorization (base64)"},
		{"query", func(t *testing.T, srv *sentrytest.Server, s string) {
			send(t, srv, "POST", storePath+"?sentry_key=k&x="+s, message("m"))
		}, "query (plain)"},
		{"path", func(t *testing.T, srv *sentrytest.Server, s string) { send(t, srv, "POST", "/x/"+s, "") }, "path (plain)"},
		{"attachment", func(t *testing.T, srv *sentrytest.Server, s string) {
			envelope(t, srv, "{}\n{\"type\":\"attachment\",\"filename\":\"log.txt\"}\nline\x00"+s)
		}, `attachment "log.txt" (plain)`},
		{"item header", func(t *testing.T, srv *sentrytest.Server, s string) {
			envelope(t, srv, "{}\n{\"type\":\"session\",\"x\":{\"y\":\""+s+"\"}}\n{}")
		}, `session item header: x: y (plain)`},
		{"second item", func(t *testing.T, srv *sentrytest.Server, s string) {
			envelope(t, srv, "{}\n{\"type\":\"session\"}\n{}\n{\"type\":\"log\"}\n{\"items\":[{\"body\":\""+s+"\"}]}")
		}, `log item 2: items.0.body (plain)`},
		{"envelope header", func(t *testing.T, srv *sentrytest.Server, s string) { envelope(t, srv, `{"trace":{"user":"`+s+`"}}`) }, `envelope header: trace: user (plain)`},
		{"compressed", func(t *testing.T, srv *sentrytest.Server, s string) {
			store(t, srv, compress(t, []byte(message(s)), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), "Content-Encoding: gzip")
		}, "event: message (plain)"},
		{"refused", func(t *testing.T, srv *sentrytest.Server, s string) { store(t, srv, "nonsense! "+s) }, "event (plain)"},
		{"broken envelope", func(t *testing.T, srv *sentrytest.Server, s string) { envelope(t, srv, "{}\n{nonsense "+s) }, "body (plain)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			var secret string
			failures, _ := run(t, func(tb *fakeTB) {
				canary := sentrytest.Canary(tb)
				canary.Watch(srv)
				secret = canary.Secret()
				g.Expect(canary.Leaks()).To(BeEmpty())
				c.send(t, srv, fmt.Sprint(canary))
			})
			r := srv.Requests()[0]
			g.Expect(failures).To(Equal(fmt.Sprintf("sentrytest: the canary %s leaked to 1 place:\n    request 1, %s %s: %s", secret, r.Method, r.Path, c.place)))
		})
	}
}

// HTTP changes the case of a header's name, which hides nothing.
func TestCanaryInTheNameOfAHeader(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	run(t, func(tb *fakeTB) {
		planted := sentrytest.Canary(tb, srv)
		store(t, srv, "{}", "X-"+planted.Secret()+": 1")
		g.Expect(planted.Leaks()).To(HaveLen(1))
		g.Expect(planted.Leaks()[0].String()).To(MatchRegexp(`^request 1, POST /api/1/store/: header X-Canary[a-z0-9]{26} \(plain\)$`))
	})
}

func TestCanaryIsSilent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	other := sentrytest.Canary(t).Secret()
	failures, _ := run(t, func(tb *fakeTB) {
		g.Expect(sentrytest.Canary(tb, srv).Secret()).To(MatchRegexp("^[A-Za-z0-9]{32}$"))
		store(t, srv, fmt.Sprintf(`{"message":%q,"extra":{"a":%q,"b":"%%zz\\u"}}`, other, base64Of(other)))
	})
	g.Expect(failures).To(BeEmpty())
}

// A source that has no requests to show is searched by its events.
func TestCanaryInEvents(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := eventList(t, "m")
	failures, _ := run(t, func(tb *fakeTB) {
		planted := sentrytest.Canary(tb, list)
		list[0] = parse(t, `{"message":"m","tags":{"token":"`+planted.Secret()+`"}}`)
	})
	g.Expect(new(sentrytest.CanaryValue).Leaks()).To(BeEmpty())
	g.Expect(failures).To(HaveSuffix(`leaked to 1 place:
    error "m": event: tags.token (plain)`))
}

// A client that was made before the canary is closed after the canary's own
// search.
func TestCanaryMadeAfterTheClient(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	shared := sharedServer(t)
	for name, source := range map[string]func(tb *fakeTB) (sentrytest.Source, func(body string)){
		"server": func(tb *fakeTB) (sentrytest.Source, func(string)) {
			srv := sentrytest.NewServer(tb)
			return srv, func(body string) { store(t, srv, body) }
		},
		"tenant": func(tb *fakeTB) (sentrytest.Source, func(string)) {
			tenant := shared.Tenant(tb)
			return tenant, func(body string) { reportTo(t, shared, tenant.DSN(), body) }
		},
	} {
		var secret string
		failures, _ := run(t, func(tb *fakeTB) {
			src, report := source(tb)
			tb.Cleanup(func() { report(message("late " + secret)) })
			secret = sentrytest.Canary(tb, src).Secret()
			report(message("early " + secret))
		})
		g.Expect(strings.Count(failures, "leaked to 1 place:")).To(Equal(2), "%s: each leak once, in %s", name, failures)
	}
}
