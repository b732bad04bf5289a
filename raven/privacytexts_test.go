package raven_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// The tests of SanitizeKeysProcessor in Raven for Python, with keys that are
// not among the default ones.
func TestSanitizeKeysEverywhere(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithoutDefaultProcessors(), raven.WithProcessors(raven.SanitizeKeys("foo", "Bär")))
	bag := map[string]any{"foo": "x", "a_FOO_b": map[string]any{"c": 1}, "BÄRen": "x", "password": "kept", "card": visa}
	hidden := map[string]any{"foo": masked, "a_FOO_b": masked, "BÄRen": masked, "password": "kept", "card": visa}
	c.Capture(t.Context(), &raven.Event{
		Extra:      raven.Extra(bag),
		Exceptions: []raven.Exception{{Type: "E", Value: "https://u:kept@h/?foo=kept", Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Vars: bag}}}}},
		Request: &raven.Request{
			QueryString: "foo=bar&foo&the_foo=1&baz=bar&" + url.QueryEscape("bär") + "=1", Cookies: "foo=bar;foo;baz=bar;",
			Headers: map[string]string{"Cookie": "foo=bar;baz=bar", "Foo": "x"}, Env: map[string]string{"FOO": "x"},
			Data: []byte("foo=1234"),
		},
	})
	ev := only(t, rec)
	g.Expect(ev["extra"]).To(Equal(hidden))
	g.Expect(ev.at("exception", "values", 0, "stacktrace", "frames", 0, "vars")).To(Equal(hidden))
	g.Expect(ev.at("exception", "values", 0, "value")).To(Equal("https://u:kept@h/?foo=kept"))
	g.Expect(ev["request"]).To(Equal(map[string]any{
		"query_string": "foo=********&foo&the_foo=********&baz=bar&b%C3%A4r=********", "cookies": "foo=********;foo;baz=bar;",
		"headers": map[string]any{"Cookie": "foo=********;baz=bar", "Foo": masked}, "env": map[string]any{"FOO": masked},
		"data": "foo=********",
	}))
}

// A search to the end of the text for each part of these texts would take
// minutes.
func TestLongTextsAreSanitized(t *testing.T) {
	for _, part := range []string{
		"://", "x:a://", "=", "1=", "password=", "p_", `{"`, `["`, `{"a":"`, "4 ", "%=",
		":", "password: ", "password=a ", "token='", `token="\`, "token=[", "authorization:x\n", "Bearer ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "4", "4-", "DE12", "DE12 ", "a@", "a.b@c.",
		"%41=", "=%41", "a=%3D", `"://`, "://a:", "x://a:1/", `{"cookies":`, `"\"`, `\"a\":`, "a;b=", "a[", "]=",
	} {
		g := NewWithT(t)
		text := strings.Repeat(part, 900_000/len(part))
		c, rec := newRecorded(t, testDSN)
		c.Capture(t.Context(), &raven.Event{
			Message: text[:90_000], Request: &raven.Request{QueryString: text[:90_000], Data: text[:90_000], Cookies: text[:90_000]},
			Extra:    raven.Extra{"v": text},
			Contexts: raven.Contexts{"own": map[string]any{"v": text[:500_000], "raw": json.RawMessage(`{"a":[` + strings.Repeat(`"a=",`, 9000) + `1]}`)}},
		})
		g.Expect(only(t, rec)).To(HaveKey("contexts"))
	}
}

// Recorded for several clients, a breadcrumb is encoded by the rules of each.
func TestBreadcrumbsOfSeveralClients(t *testing.T) {
	g := NewWithT(t)
	open, recOpen := newRecorded(t, testDSN, raven.WithoutDefaultProcessors())
	safe, recSafe := newRecorded(t, testDSN)
	ctx, _ := raven.NewContext(t.Context(), open)
	ctx, _ = raven.NewContext(ctx, safe)
	runs := 0
	raven.Record(ctx, raven.Breadcrumb{Message: "password=hush"})
	raven.Record(ctx, raven.Breadcrumb{Message: "late", Process: func(b *raven.Breadcrumb) {
		runs++
		b.Data = map[string]any{"password": "hush"}
	}})
	for range 2 {
		open.CaptureMessage(ctx, "x")
		safe.CaptureMessage(ctx, "x")
	}
	for _, p := range recOpen.all() {
		g.Expect(strings.Count(string(p.Body), "hush")).To(Equal(2))
	}
	for _, p := range recSafe.all() {
		g.Expect(string(p.Body)).NotTo(ContainSubstring("hush"))
		g.Expect(eventOf(t, p).at("breadcrumbs", "values")).To(HaveLen(2))
	}
	g.Expect(runs).To(Equal(1))
}

// Any text results in valid JSON without the secret.
func FuzzSanitizedTexts(f *testing.F) {
	for _, s := range []string{
		"user[password]=x", `f[auth][a]={"b":1}`, "password: 'a b", `{"a":[1,null,{"otp":tr`, "\ufeff{", `"{\"password\":\"x`, `\"token\":\"`, "Password=two words;", "map[secret:map[",
		"a=%7B%22password%22", "a=b&c=%", "a://u:'<12/x@h", `"a://u:p w@h"`, "Bearer", "-----BEGIN PRIVATE KEY-----", "4242 4242-4242", "078-05-11", "DE89 3704", "a@b.cd", "Authorization: x",
		`{"password":"x"}`, `{"a":`, "password=x", "https://u:p@h/?password=x", `[{"a":"\\"}`, `a\u0026password=b`, `"`, `{"\ud800":1}`, `["\ud83d\\"]`, `1e999`, strings.Repeat(`[{"a":`, 50),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, rec := newRecorded(t, testDSN)
		raw := json.RawMessage(s)
		c.Capture(t.Context(), &raven.Event{
			Message: s,
			Extra:   raven.Extra{"s": s, "k" + s: s, "raw": raw, "password": s, "pair": "password=" + url.QueryEscape(s) + "hush", "line": s + "\ntoken: hush", "credentials": s + "\nBearer hush"},
			Request: &raven.Request{URL: "https://u:hush@h/" + s, QueryString: s, Cookies: s, Data: s},
		})
		ev := only(t, rec)
		if json.Valid(raw) {
			if _, ok := ev.at("extra", "raw").(string); ok && strings.ContainsAny(strings.TrimSpace(s)[:1], "{[") {
				t.Errorf("%q is no longer JSON", s)
			}
		}
		if !strings.Contains(s, "hush") && strings.Contains(string(rec.all()[0].Body), "hush") {
			t.Errorf("a secret came through with %q", s)
		}
	})
}
