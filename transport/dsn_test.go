package transport_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestParseDSN(t *testing.T) {
	for name, c := range map[string]struct {
		dsn, scheme, base, key, secret, project string
		options                                 map[string][]string
	}{
		"plain":                   {dsn: "https://k@h/1", scheme: "https", base: "https://h", key: "k", project: "1"},
		"with a secret":           {dsn: "https://k:s@h/1", scheme: "https", base: "https://h", key: "k", secret: "s", project: "1"},
		"with an empty secret":    {dsn: "https://k:@h/1", scheme: "https", base: "https://h", key: "k", project: "1"},
		"with a transport":        {dsn: "sync+https://k@h/1", scheme: "sync+https", base: "https://h", key: "k", project: "1"},
		"with two names":          {dsn: "threaded+requests+http://k@h/1", scheme: "threaded+requests+http", base: "http://h", key: "k", project: "1"},
		"in capitals":             {dsn: "HTTPS://Key@Example.COM/P", scheme: "https", base: "https://example.com", key: "Key", project: "P"},
		"with a prefix":           {dsn: "https://k@h:9000/pre/fix/42", scheme: "https", base: "https://h:9000/pre/fix", key: "k", project: "42"},
		"with the default port":   {dsn: "https://k@h:443/1", scheme: "https", base: "https://h:443", key: "k", project: "1"},
		"with port 0":             {dsn: "https://k@h:0/1", scheme: "https", base: "https://h", key: "k", project: "1"},
		"with a doubled slash":    {dsn: "https://foo@h//1", scheme: "https", base: "https://h", key: "foo", project: "1"},
		"with white space around": {dsn: " \thttps://k@h/1\n", scheme: "https", base: "https://h", key: "k", project: "1"},
		"with a fragment":         {dsn: "https://k@h/1#top", scheme: "https", base: "https://h", key: "k", project: "1"},
		"with an escape in a key": {dsn: "https://k%41:s%42@h/1", scheme: "https", base: "https://h", key: "k%41", secret: "s%42", project: "1"},
		"with an @ in the secret": {dsn: "https://k:s@t@h/1", scheme: "https", base: "https://h", key: "k", secret: "s@t", project: "1"},
		"with IPv6":               {dsn: "http://k@[::1]:9000/1", scheme: "http", base: "http://[::1]:9000", key: "k", project: "1"},
		"with IPv6, no port":      {dsn: "http://k@[::1]/1", scheme: "http", base: "http://[::1]", key: "k", project: "1"},
		"with options": {
			dsn: "https://k@h/1?timeout=5&verify_ssl=0&blank=&timeout=6", scheme: "https", base: "https://h", key: "k", project: "1",
			options: map[string][]string{"timeout": {"5", "6"}, "verify_ssl": {"0"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d, err := transport.ParseDSN(c.dsn)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(d.Scheme).To(Equal(c.scheme))
			g.Expect(d.BaseURL()).To(Equal(c.base))
			g.Expect(d.StoreURL()).To(Equal(c.base + "/api/" + c.project + "/store/"))
			g.Expect(d.EnvelopeURL()).To(Equal(c.base + "/api/" + c.project + "/envelope/"))
			g.Expect(d.PublicKey).To(Equal(c.key))
			g.Expect(d.SecretKey.Reveal()).To(Equal(c.secret))
			g.Expect(d.ProjectID).To(Equal(c.project))
			g.Expect(map[string][]string(d.Options)).To(HaveLen(len(c.options)))
			for option, values := range c.options {
				g.Expect(d.Options[option]).To(Equal(values))
				g.Expect(d.Option(option)).To(Equal(values[len(values)-1]))
			}
		})
	}
}

func TestParseDSNRefuses(t *testing.T) {
	for name, c := range map[string]struct{ dsn, part, says string }{
		"nothing":               {"", "dsn", "is empty"},
		"no scheme":             {"k@h/1", "scheme", "is missing"},
		"another scheme":        {"ftp://foo:SECRET@h/1", "scheme", `"ftp" does not end in http or https`},
		"a space in the scheme": {"a b+http://k:SECRET@h/1", "scheme", "contains the invalid character ' ';"},
		"keys before a scheme":  {"foo:SECRET@https://h/1", "scheme", "contains the invalid character"},
		"no key":                {"https://h/1", "public key", "is missing"},
		"an empty key":          {"https://:SECRET@h/1", "public key", "is empty"},
		"a key with a space":    {"https://k k:SECRET@h/1", "keys", "white space or a control character, ' '"},
		"no host":               {"https://foo:SECRET@/1", "host", "is missing"},
		"a host with a space":   {"https://foo:SECRET@a b/1", "host", "contains the invalid character ' '"},
		"a host with a quote":   {"https://foo:SECRET@a\"b/1", "host", `contains the invalid character '"'`},
		"in quotes":             {`"https://foo:SECRET@h/1"`, "dsn", "remove them"},
		"in single quotes":      {"'https://foo:SECRET@h/1'", "dsn", "remove them"},
		"half in quotes":        {`https://foo:SECRET@h/1"`, "dsn", "remove them"},
		"an assignment":         {"SENTRY_DSN=https://foo:SECRET@h/1", "dsn", "begins with SENTRY_DSN=; remove that"},
		"an export":             {`export SENTRY_DSN="https://foo:SECRET@h/1"`, "dsn", "begins with export SENTRY_DSN=; remove that"},
		"a placeholder as key":  {"https://<key>:SECRET@h/1", "public key", `"<key>" has angle brackets; replace the placeholder`},
		"one as project":        {"https://foo:SECRET@h/<project>", "project", `"<project>" has angle brackets`},
		"one as host":           {"https://foo:SECRET@<host>/1", "host", `"<host>" has angle brackets`},
		"a bare IPv6 host":      {"https://foo:SECRET@::1/1", "host", "in brackets"},
		"half a bracket":        {"https://foo:SECRET@[::1/1", "host", "in brackets"},
		"a port of letters":     {"https://foo:SECRET@h:http/1", "port", `"http" is not a number`},
		"a port too high":       {"https://foo:SECRET@h:65536/1", "port", "is not a number from 0 to 65535"},
		"no project":            {"https://foo:SECRET@example.com", "project", "is missing"},
		"an empty project":      {"https://foo:SECRET@h/", "project", "is missing"},
		"a slash at the end":    {"https://foo:SECRET@h/1/", "project", "without a '/' at the end"},
		"a path with a space":   {"https://foo:SECRET@h/a b/1", "path", "white space or a control character, ' '"},
		"an option not escaped": {"https://foo:SECRET@h/1?timeout=%zz", "options", "query string"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d, err := transport.ParseDSN(c.dsn)
			g.Expect(d).To(BeNil())
			var bad *transport.DSNError
			g.Expect(errors.As(err, &bad)).To(BeTrue())
			g.Expect(bad.Part).To(Equal(c.part))
			g.Expect(err.Error()).To(ContainSubstring(c.says))
			g.Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
		})
	}
}

func TestPublicDSN(t *testing.T) {
	g := NewWithT(t)
	d, err := transport.ParseDSN("sync+http://public:secret@example.com:9000/app/1?timeout=1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(d.Public("")).To(Equal("//public@example.com:9000/app/1"))
	g.Expect(d.Public("https")).To(Equal("https://public@example.com:9000/app/1"))
}

func TestDSNMasksItsSecret(t *testing.T) {
	d, err := transport.ParseDSN("https://public:SECRET@h/1?proxy=http://me:SECRET@proxy:3128")
	if err != nil {
		t.Fatal(err)
	}
	holder := struct {
		DSN   *transport.DSN
		Value transport.DSN
		Key   transport.Secret
	}{d, *d, d.SecretKey}
	own := struct {
		key   transport.Secret
		keys  []transport.Secret
		dsn   transport.DSN
		dsns  []*transport.DSN
		named map[transport.Secret]any
	}{d.SecretKey, []transport.Secret{d.SecretKey}, transport.DSN{SecretKey: d.SecretKey}, []*transport.DSN{d}, map[transport.Secret]any{d.SecretKey: d.SecretKey}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "dsn", d, "key", d.SecretKey, "own", own)
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	asKey, err := json.Marshal(map[transport.Secret]transport.Secret{d.SecretKey: d.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := xml.Marshal([]transport.Secret{d.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"String": d.String(), "%v": fmt.Sprintf("%v %v", d, d.SecretKey), "%+v": fmt.Sprintf("%+v", holder),
		"%#v": fmt.Sprintf("%#v %#v", d, d.SecretKey), "%q": fmt.Sprintf("%q %q", d, d.SecretKey),
		"a value": fmt.Sprintf("%v %+v %#v", *d, *d, *d),
		"%x":      fmt.Sprintf("%x %x", d, d.SecretKey), "%s": fmt.Sprintf("%s %s", d, d.SecretKey),
		"JSON": string(asJSON), "a key in JSON": string(asKey), "XML": string(asXML), "slog": log.String(),
		"unexported": fmt.Sprintf("%v %+v %#v xxxxx", own, own, own),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(text).NotTo(ContainSubstring("SECRET"))
			g.Expect(text).NotTo(ContainSubstring(fmt.Sprintf("%x", "SECRET")))
			g.Expect(text).To(ContainSubstring("xxxxx"))
		})
	}
	NewWithT(t).Expect(d.Reveal()).To(ContainSubstring("SECRET"))
}

func TestSecretsAreValues(t *testing.T) {
	g := NewWithT(t)
	a, again, b := transport.NewSecret("a"), transport.NewSecret("a"), transport.NewSecret("b")
	g.Expect(a == again).To(BeTrue())
	g.Expect(a == b).To(BeFalse())
	g.Expect(transport.NewSecret("")).To(Equal(transport.Secret{}))
	g.Expect(transport.Secret{}.IsZero()).To(BeTrue())
	g.Expect(transport.Secret{}.Reveal()).To(BeEmpty())
	g.Expect(fmt.Sprint(transport.Secret{})).To(BeEmpty())
}

// Passwords in options: of URLs, of what should have been URLs, and of the DSNs
// of tee+.
func TestDSNMasksItsOptions(t *testing.T) {
	for value, want := range map[string]string{
		"http://u:SECRET@p:1":                   "http://u:xxxxx@p:1",
		"http://u:a/SECRET@p:1":                 "http://u:xxxxx@p:1",
		"http://u:12/SECRET@p:1":                "http://u:xxxxx@p:1",
		"http://u:a?SECRET@p:1":                 "http://u:xxxxx@p:1",
		"http://u:a@b?SECRET@p:1":               "http://u:xxxxx@b?xxxxx",
		"http://u:a@b?SEC&RET=x@p:1":            "http://u:xxxxx@b?xxxxx",
		"u:SEC//RET@p:1":                        "u:xxxxx@p:1",
		"http://u:SEC@RET@p:1":                  "http://u:xxxxx@p:1",
		"http://u:SECRET%40p:1":                 "http://u:xxxxx%40p:1",
		"u:SECRET@p:1":                          "u:xxxxx@p:1",
		"//u:SECRET@p:1":                        "//u:xxxxx@p:1",
		"http:u:SECRET@p:1":                     "http:xxxxx@p:1",
		":SECRET@p":                             ":xxxxx@p",
		"https://k:SECRET@h/1":                  "https://k:xxxxx@h/1",
		"https://k@h/1?timeout=5":               "https://k@h/1?timeout=5",
		"https://k@h/1?proxy=http://u:SECRET@p": "https://k@h/1?proxy=http%3A%2F%2Fu%3Axxxxx%40p",
		"https://k:SECRET@h/1?a=5&to=" + url.QueryEscape("http://l:SECRET@i/2?proxy="+url.QueryEscape("u:SECRET@p")): "https://k:xxxxx@h/1?a=5&to=" +
			url.QueryEscape("http://l:xxxxx@i/2?proxy="+url.QueryEscape("u:xxxxx@p")),
		"http://p:3128": "http://p:3128",
		"/a/file.pem":   "/a/file.pem",
		"200ms":         "200ms",
	} {
		t.Run(value, func(t *testing.T) {
			g := NewWithT(t)
			d := transport.DSN{Scheme: "tee+https", PublicKey: "k", Host: "h", ProjectID: "1", Options: url.Values{"to": {value}}}
			query, err := url.ParseQuery(strings.TrimPrefix(d.String(), "tee+https://k@h/1?"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(query.Get("to")).To(Equal(want))
		})
	}
}

func TestDSNCloneSharesNothing(t *testing.T) {
	g := NewWithT(t)
	d, err := transport.ParseDSN("https://k@h/1?timeout=5")
	g.Expect(err).NotTo(HaveOccurred())
	c := d.Clone()
	c.Options.Set("timeout", "9")
	g.Expect(d.Option("timeout")).To(Equal("5"))
}

func FuzzParseDSN(f *testing.F) {
	for _, s := range []string{
		"https://k@h/1", "sync+http://k:s@[::1]:9000/a/b/1?timeout=5&proxy=http%3A%2F%2Fa%3Ab%40c", "https://foo:bar@/1", "://", "http://@/", "tee+http://k:s@h/1?to=http%3A%2F%2Fl%3As%40i%2F2%3Fproxy%3Du%3As%2540p", "http://k@h/1?a=b@c//d&e",
		"threaded+requests+https://%41:%@H.example:00443//x//y?a=b;c&d#e",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := transport.ParseDSN(s)
		if err != nil {
			var bad *transport.DSNError
			if !errors.As(err, &bad) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		const secret = "zq7hush"
		shown := d.Clone()
		shown.SecretKey = transport.NewSecret(secret)
		shown.Options.Add("to", "http://l:"+secret+"@i/2?proxy=u:"+secret+"@p")
		// "//" would be taken for the end of a scheme.
		if !strings.HasPrefix(s, "//") {
			shown.Options.Add("proxy", "u:"+s+secret+"@p:1")
		}
		if text := fmt.Sprintf("%v %+v %#v %s", shown, shown, shown, shown.SecretKey); !strings.Contains(s, secret) && strings.Contains(text, secret) {
			t.Fatalf("%q shows its secret: %s", s, text)
		}
		again, err := transport.ParseDSN(d.Reveal())
		if err != nil {
			t.Fatalf("%q was read, but %q was not: %v", s, d.Reveal(), err)
		}
		if again.Reveal() != d.Reveal() {
			t.Fatalf("%q became %q", d.Reveal(), again.Reveal())
		}
	})
}
