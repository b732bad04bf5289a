package sentrytest_test

import (
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// minimal is an event that a server keeps as it is.
const minimal = `{"event_id":"` + vectorID + `","timestamp":%,"platform":"go","level":"error","logentry":{"formatted":"boom"}}`

func TestStrictServerFailsItsTestOnWarnings(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	envelopeOf := func(event string) string {
		return `{"event_id":"` + vectorID + `"}` + "\n" + `{"type":"event"}` + "\n" + event
	}
	now := strings.ReplaceAll(minimal, "%", "null")
	failures, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict(sentrytest.SeverityInfo))
		path := "/api/1/envelope/?sentry_key=" + srv.PublicKey()
		send(t, srv, http.MethodPost, path, envelopeOf(strings.Replace(now, `"error"`, `"WARNING"`, 1)))
		srv.Clear() // what it forgets still counts
		send(t, srv, http.MethodPost, path, "{}\n"+`{"type":"session"}`+"\n{}")
		send(t, srv, http.MethodPost, path, "{}\n"+`{"type":"from_the_future"}`+"\n{}")
	})
	g.Expect(failures).To(Equal(`sentrytest: a strict server accepted 2 requests with warnings:
  request 1, POST /api/1/envelope/
    warning: items.0.level="WARNING": expected a level [invalid_data]
    info: items.0.timestamp: missing: the documentation requires it [missing_attribute]
  request 2, POST /api/1/envelope/
    fatal: items.0.attrs.release: missing: without it the server drops the item [item]
    fatal: items.0.started: missing: without it the server drops the item [item]`))
	g.Expect(logs).To(ContainSubstring(`sentrytest: findings of no consequence:
  request 3, POST /api/1/envelope/
    info: items.0="from_the_future": servers that do not know the type drop the item [unknown_item]`))
}

// Matters of style are told only to those that ask.
func TestStrictServerIsSilentAboutStyle(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict())
		send(t, srv, http.MethodPost, "/api/1/store/?sentry_key="+srv.PublicKey(), `{"culprit":"x"}`)
	})
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).NotTo(ContainSubstring("culprit"))
	failures, _ = run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict())
		send(t, srv, http.MethodPost, "/api/1/store/?sentry_key="+srv.PublicKey(), `{"culprit":"x","level":"loud"}`)
	})
	g.Expect(failures).To(ContainSubstring("level="))
	g.Expect(failures).NotTo(ContainSubstring("culprit"))
}

func TestStrictServerKeepsLongListsShort(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict())
		for range 12 {
			send(t, srv, http.MethodPost, "/api/1/store/?sentry_key="+srv.PublicKey(), `{"level":"loud"}`)
		}
	})
	g.Expect(failures).To(HavePrefix("sentrytest: a strict server accepted 12 requests with warnings:\n"))
	g.Expect(failures).To(HaveSuffix("\n  and 2 more"))
}

func TestStrictServerIsSilentWhenAllIsWell(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, logs := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict())
		r := send(t, srv, http.MethodPost, "/api/1/envelope/?sentry_key="+srv.PublicKey(), `{"event_id":"`+vectorID+`"}`)
		g.Expect(r.Status).To(Equal(200))
	})
	g.Expect(failures + logs).To(BeEmpty())
}

func TestRequestFindings(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	send(t, srv, http.MethodPost, "/api/1/store", unbase64(t, vectorRaw), "Content-Encoding: deflate",
		"X-Sentry-Auth: Sentry sentry_timestamp=1, sentry_key=a, sentry_secret=hush")
	store(t, srv, "nonsense")
	all := srv.Findings()
	g.Expect(all).To(HaveLen(1), "what was refused is not among them")
	g.Expect(all[0].String()).To(Equal(`request 1, POST /api/1/store
  warning: Content-Encoding="deflate": raw deflate: most servers expect zlib [invalid_data]
  warning: path="/api/1/store": not spelled /api/{project}/{endpoint}/: servers do not answer there [invalid_data]
  info: message="hi": deprecated: its name is logentry [deprecated]
  info: timestamp: missing: the documentation requires it [missing_attribute]
  info: platform: missing: the documentation requires it [missing_attribute]
  info: path="/api/1/store": deprecated: envelopes are the successor of the store endpoint [deprecated]
  info: auth.sentry_secret: deprecated: servers ignore it [deprecated]
  info: auth.sentry_timestamp: deprecated: servers ignore it [deprecated]`))
	g.Expect(all[0].Request.Findings()).To(HaveLen(5))
}

// Browsers and crash reporters know nothing of what SDKs have to send.
func TestStrictServerMindsNoReportsAndMinidumps(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb, sentrytest.Strict())
		auth := "/?sentry_key=" + srv.PublicKey()
		g.Expect(send(t, srv, http.MethodPost, "/api/1/security"+auth, `{"csp-report":{}}`, "Content-Type: application/csp-report").Status).To(Equal(200))
		g.Expect(send(t, srv, http.MethodPost, "/api/1/minidump"+auth, "MDMP", "Content-Type: application/x-dmp").Status).To(Equal(200))
		g.Expect(srv.Events()).To(HaveLen(2))
	})
	g.Expect(failures).To(BeEmpty())
}

// A strict server knows its tenants, and what they received is judged by their
// own tests.
func TestTenantsOfAStrictServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t, sentrytest.Strict())
	var other *sentrytest.Tenant
	failures, _ := run(t, func(tb *fakeTB) {
		tenant := srv.Tenant(tb)
		other = srv.Tenant(t)
		g.Expect(tenant.PublicKey()).To(HaveLen(32))
		reportTo(t, srv, tenant.DSN(), `{"level":"WARNING"}`)
		tenant.Clear() // what it forgets still counts
		reportTo(t, srv, tenant.DSN(sentrytest.DSNKey(tenant.PublicKey()+".no-cache")), strings.ReplaceAll(minimal, "%", `"x"`))
		g.Expect(tenant.Events()).To(HaveLen(1), "a key with a flag is the same key")
	})
	g.Expect(failures).To(MatchRegexp(`^sentrytest: a strict server accepted 2 requests with warnings:
  request 1, POST /api/2/store/
    warning: level="WARNING": expected a level \[invalid_data\]
  request 2, POST /api/2/store/
    warning: timestamp="x": expected a timestamp \[invalid_data\]`))
	g.Expect(other.Rejected()).To(BeEmpty())
	send(t, srv, http.MethodPost, "/api/9/store/?sentry_key="+other.PublicKey(), message("astray"))
	g.Expect(srv.Rejected()[0].String()).To(HavePrefix("POST /api/9/store/ -> 403 event submission rejected with_reason: ProjectId: the server has key " + srv.PublicKey()))

	// The server of a test answers for what is no tenant's.
	failures, _ = run(t, func(tb *fakeTB) {
		own := sentrytest.NewServer(tb, sentrytest.Strict())
		judged, _ := run(t, func(tb *fakeTB) { reportTo(t, own, own.Tenant(tb).DSN(), `{"level":"loud"}`) })
		g.Expect(judged).To(HavePrefix("sentrytest: a strict server accepted 1 request with warnings"))
	})
	g.Expect(failures).To(BeEmpty())
}

// What comes for Spotlight has whatever DSN it has, on a strict server too.
func TestSpotlightOnAStrictServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sharedServer(t, sentrytest.Strict(), sentrytest.Spotlight())
	g.Expect(send(t, srv, http.MethodPost, "/stream", `{"dsn":"https://short@o1.ingest.sentry.io/7"}`).Status).To(Equal(200))
	g.Expect(srv.Envelopes()).To(HaveLen(1))
}
