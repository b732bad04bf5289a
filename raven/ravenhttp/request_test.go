package ravenhttp_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

// The rules are those of Raven for Python (its tests of get_host and
// get_environ).
func TestTheURLOfARequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host   string
		tls    bool
		header http.Header
		want   string
	}{
		{host: "shop.example", want: "http://shop.example/a%20b"},
		{host: "shop.example:80", want: "http://shop.example/a%20b"},
		{host: "shop.example:443", tls: true, want: "https://shop.example/a%20b"},
		{host: "shop.example:8080", want: "http://shop.example:8080/a%20b"},
		{host: "inside:8080", header: http.Header{"X-Forwarded-Host": {"shop.example"}}, want: "http://shop.example/a%20b"},
		{host: "shop.example", header: http.Header{"X-Forwarded-Proto": {"HTTPS"}}, want: "https://shop.example/a%20b"},
		{host: "shop.example", header: http.Header{"X-Forwarded-Proto": {"gopher"}}, want: "http://shop.example/a%20b"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/a%20b?q=1", nil)
		r.Host = tt.host
		if tt.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for k, v := range tt.header {
			r.Header[k] = v
		}
		NewWithT(t).Expect(ravenhttp.Request(r).URL).To(Equal(tt.want))
	}
}

func TestOtherFieldsOfARequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r := httptest.NewRequest(http.MethodPut, "/?q=1&q=2", nil)
	r.Header.Add("Accept", "text/html")
	r.Header.Add("Accept", "text/plain")
	r.Header.Set("Cookie", "a=b")
	r.RemoteAddr = "[2001:db8::1]:4711"

	got := ravenhttp.Request(r)

	g.Expect(got.Method).To(Equal("PUT"))
	g.Expect(got.QueryString).To(Equal("q=1&q=2"))
	g.Expect(got.Headers).To(Equal(map[string]string{"Accept": "text/html, text/plain"}))
	g.Expect(got.Env).To(Equal(map[string]string{"REMOTE_ADDR": "2001:db8::1"}))
	r.RemoteAddr = "@"
	g.Expect(ravenhttp.Request(r).Env).To(BeEmpty())
}
