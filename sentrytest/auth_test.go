package sentrytest_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestAuth(t *testing.T) {
	t.Parallel()
	const (
		key     = "0123456789abcdef0123456789abcdef"
		badAuth = "bad x-sentry-auth header"
		missing = "missing authorization information"
		many    = "multiple authorization payloads detected"
	)
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(key+":whatever"))
	cases := []struct {
		name    string
		headers []string
		query   string
		status  int
		detail  string
		cause   string
		source  string
		key     string
		client  string
		version int
	}{
		{
			name: "current client", headers: []string{"X-Sentry-Auth: Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=" + key},
			status: 200, source: sentrytest.AuthSourceHeader, key: key, client: "raven.go/0.1.0", version: 7,
		},
		{
			name: "raven-python", headers: []string{"X-Sentry-Auth: Sentry sentry_timestamp=1328055286.51, sentry_client=raven-python/6.10.0, sentry_version=6, sentry_key=public, sentry_secret=secret"},
			status: 200, source: sentrytest.AuthSourceHeader, key: "public", client: "raven-python/6.10.0", version: 6,
		},
		{
			name: "key alone", headers: []string{"X-Sentry-Auth: Sentry sentry_key=foo"},
			status: 200, source: sentrytest.AuthSourceHeader, key: "foo", version: 7,
		},
		{
			name: "scheme in any case, no spaces, unknown and repeated keys", headers: []string{"X-Sentry-Auth: sEnTrY sentry_key=a,what=ever,sentry_key=b"},
			status: 200, source: sentrytest.AuthSourceHeader, key: "b", version: 7,
		},
		{
			name: "a value ends at the next equals sign", headers: []string{"X-Sentry-Auth: Sentry sentry_key=a=b"},
			status: 200, source: sentrytest.AuthSourceHeader, key: "a", version: 7,
		},
		{
			name: "version with a fraction", headers: []string{"X-Sentry-Auth: Sentry sentry_key=a, sentry_version=2.0"},
			status: 200, source: sentrytest.AuthSourceHeader, key: "a", version: 2,
		},
		{
			name: "Authorization", headers: []string{"Authorization: Sentry sentry_key=" + key},
			status: 200, source: sentrytest.AuthSourceAuthorization, key: key, version: 7,
		},
		{name: "Basic", headers: []string{basic}, status: 200, source: sentrytest.AuthSourceBasic, key: key, version: 7},
		{
			name: "query", query: "?sentry_key=" + key + "&sentry_version=7&sentry_client=raven.go%2F0.1.0",
			status: 200, source: sentrytest.AuthSourceQuery, key: key, client: "raven.go/0.1.0", version: 7,
		},
		{name: "none", status: 401, detail: missing},
		{name: "another scheme counts as none", headers: []string{"X-Sentry-Auth: Bearer sentry_key=a"}, status: 401, detail: missing},
		{name: "another Authorization counts as none", headers: []string{"Authorization: Bearer a"}, status: 401, detail: missing},
		{name: "no key", headers: []string{"X-Sentry-Auth: Sentry sentry_version=7"}, status: 401, detail: badAuth, cause: "missing public key in auth header"},
		{name: "empty key", headers: []string{"X-Sentry-Auth: Sentry sentry_key="}, status: 401, detail: badAuth, cause: "missing public key in auth header"},
		{name: "query without key", query: "?sentry_version=7", status: 401, detail: badAuth},
		{name: "Basic that is not base64", headers: []string{"Authorization: Basic !!!"}, status: 401, detail: badAuth},
		{name: "version that is no number", headers: []string{"X-Sentry-Auth: Sentry sentry_key=a, sentry_version=x"}, status: 401, detail: badAuth, cause: `invalid sentry_version "x"`},
		{name: "version of the future", headers: []string{"X-Sentry-Auth: Sentry sentry_key=a, sentry_version=8"}, status: 400, detail: "unsupported protocol version (8)"},
		{name: "header and query", headers: []string{authLine}, query: "?sentry_key=a", status: 401, detail: many},
		{name: "two headers", headers: []string{authLine, "Authorization: Sentry sentry_key=a"}, status: 401, detail: many},
		{name: "header and Basic", headers: []string{authLine, basic}, status: 401, detail: many},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			bodies := map[string]string{storePath: vectorJSON, envelopePath: "{}\n" + `{"type":"event"}` + "\n" + vectorJSON}
			for path, body := range bodies {
				r := send(t, srv, http.MethodPost, path+c.query, body, c.headers...)
				g.Expect(r.Status).To(Equal(c.status), path)
				if c.status != 200 {
					detail, causes := r.detail(t)
					g.Expect(detail).To(Equal(c.detail))
					g.Expect(strings.Join(causes, ";")).To(ContainSubstring(c.cause))
				}
			}
			if c.status != 200 {
				g.Expect(srv.Rejected()).To(HaveLen(2))
				return
			}
			for _, e := range srv.Events() {
				g.Expect(e.Received.AuthSource).To(Equal(c.source))
				g.Expect(e.Received.PublicKey).To(Equal(c.key))
				g.Expect(e.Received.Client).To(Equal(c.client))
				g.Expect(e.Received.Version).To(Equal(c.version))
				g.Expect(e.Received.ProjectID).To(Equal("1"))
			}
			g.Expect(srv.Events()).To(HaveLen(2))
		})
	}
}

func TestEnvelopeAuth(t *testing.T) {
	t.Parallel()
	item := "\n" + `{"type":"event"}` + "\n" + vectorJSON
	cases := []struct {
		name    string
		header  string
		auth    bool
		status  int
		detail  string
		cause   string
		recvKey string
	}{
		{name: "dsn alone", header: `{"dsn":"http://inner:sec@h/1"}`, status: 200, recvKey: "inner"},
		{name: "dsn that agrees", header: `{"dsn":"http://public@h/1"}`, auth: true, status: 200, recvKey: "public"},
		{name: "no auth at all", header: `{}`, status: 401, detail: "missing authorization information"},
		{name: "header is not JSON", header: `nonsense`, status: 401, detail: "bad envelope authentication header"},
		{name: "dsn is not one", header: `{"dsn":"nonsense"}`, status: 401, detail: "bad envelope authentication header"},
		{
			name: "another project", header: `{"dsn":"http://public@h/2"}`, auth: true, status: 400,
			detail: "invalid event envelope", cause: "project id header mismatch between envelope and request",
		},
		{
			name: "another project without auth", header: `{"dsn":"http://public@h/2"}`, status: 400,
			detail: "invalid event envelope", cause: "project id header mismatch between envelope and request",
		},
		{
			name: "another key", header: `{"dsn":"http://inner@h/1"}`, auth: true, status: 400,
			detail: "invalid event envelope", cause: "public key header mismatch between envelope and request",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			var headers []string
			if c.auth {
				headers = []string{authLine}
			}
			r := send(t, srv, http.MethodPost, envelopePath, c.header+item, headers...)
			g.Expect(r.Status).To(Equal(c.status))
			if c.status == 200 {
				received := srv.Events()[0].Received
				g.Expect(received.PublicKey).To(Equal(c.recvKey))
				return
			}
			detail, causes := r.detail(t)
			g.Expect(detail).To(Equal(c.detail))
			if c.cause != "" {
				g.Expect(causes).To(Equal([]string{c.cause}))
			}
		})
	}
}

// Without auth, what is wrong behind the first line does not hide what the
// first line says.
func TestMalformedEnvelopeWithDSN(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := send(t, srv, http.MethodPost, envelopePath, `{"dsn":"http://k@h/1"}`+"\nnonsense")
	g.Expect(r.Status).To(Equal(400))
	r = send(t, srv, http.MethodPost, envelopePath, "{}\nnonsense")
	g.Expect(r.Status).To(Equal(401))
}
