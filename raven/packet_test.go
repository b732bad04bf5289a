package raven_test

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"
)

func TestEnvelopeHeaders(t *testing.T) {
	for _, tt := range []struct{ name, dsn, auth string }{
		{"public key alone", testDSN, "Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=public"},
		{"with a secret", "https://public:sesame@sentry.example.com/42", "Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=public, sentry_secret=sesame"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, tt.dsn)
			id := c.CaptureMessage(t.Context(), "hi")
			p := rec.all()[0]
			g.Expect(p.URL).To(Equal("https://sentry.example.com/api/42/envelope/"))
			g.Expect(headerPairs(p.Header)).To(Equal(map[string]string{
				"X-Sentry-Auth": tt.auth,
				"User-Agent":    "raven.go/0.1.0",
				"Content-Type":  "application/x-sentry-envelope",
			}))
			g.Expect(p.EventID).To(Equal(id))
			g.Expect(p.Category).To(Equal("error"))
			head, _, _ := bytes.Cut(p.Body, []byte("\n"))
			g.Expect(string(head)).To(MatchRegexp(`^{"event_id":"` + id + `","sent_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","sdk":{"name":"raven.go","version":"0.1.0"}}$`))
		})
	}
}

func TestStoreHeaders(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, storeDSN)
	c.CaptureMessage(t.Context(), "hi")
	p := rec.all()[0]
	g.Expect(p.URL).To(Equal("https://sentry.example.com/prefix/api/42/store/"))
	g.Expect(p.Header.Get("X-Sentry-Auth")).To(MatchRegexp(`^Sentry sentry_timestamp=\d+(\.\d+)?, sentry_client=raven\.go/0\.1\.0, sentry_version=6, sentry_key=public, sentry_secret=sesame$`))
	g.Expect(p.Header.Get("Content-Type")).To(Equal("application/octet-stream"))
	g.Expect(p.Header.Get("User-Agent")).To(Equal("raven.go/0.1.0"))

	c, rec = newRecorded(t, "https://foo@sentry.example.com/1?protocol=store")
	c.CaptureMessage(t.Context(), "hi")
	g.Expect(rec.all()[0].Header.Get("X-Sentry-Auth")).To(HaveSuffix("sentry_key=foo"))
}
