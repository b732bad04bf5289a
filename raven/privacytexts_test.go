package raven_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// Texts that are made to take long: with a search to the end for each of their
// parts these would take minutes.
func TestLongTextsAreSanitized(t *testing.T) {
	for _, part := range []string{"://", "x:a://", "=", "1=", "password=", "p_", `{"`, `["`, `{"a":"`, "4 ", "%="} {
		g := NewWithT(t)
		text := strings.Repeat(part, 900_000/len(part))
		c, rec := newRecorded(t, testDSN)
		c.Capture(t.Context(), &raven.Event{
			Message: text[:90_000], Request: &raven.Request{QueryString: text[:90_000], Data: text[:90_000]},
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

// Whatever a text is, what is made of it is JSON, and says no secret.
func FuzzSanitizedTexts(f *testing.F) {
	for _, s := range []string{`{"password":"x"}`, `{"a":`, "password=x", "https://u:p@h/?password=x", `[{"a":"\\"}`, `a\u0026password=b`, `"`, `{"\ud800":1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, rec := newRecorded(t, testDSN)
		raw := json.RawMessage(s)
		c.Capture(t.Context(), &raven.Event{
			Message: s,
			Extra:   raven.Extra{"s": s, "k" + s: s, "raw": raw, "password": s, "pair": "password=" + url.QueryEscape(s) + "hush"},
			Request: &raven.Request{URL: "https://u:hush@h/" + s, QueryString: s, Cookies: s, Data: s},
		})
		ev := only(t, rec)
		if json.Valid(raw) {
			if _, ok := ev.at("extra", "raw").(string); ok && !strings.HasPrefix(strings.TrimSpace(s), `"`) {
				t.Errorf("%q is no longer JSON", s)
			}
		}
		if !strings.Contains(s, "hush") && strings.Contains(string(rec.all()[0].Body), "hush") {
			t.Errorf("a secret came through with %q", s)
		}
	})
}
