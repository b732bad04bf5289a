package raven_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

const (
	masked = "********"
	visa   = "4242424242424242"
)

type (
	account struct {
		Name     string
		Password string `json:"pw"`
		Token    string `json:"access_token"`
		Nested   *account
	}
	speaks struct{ text string }
)

func (s speaks) String() string { return s.text }

// capturedExtra returns a value of extra as it is sent.
func capturedExtra(t *testing.T, v any, opts ...raven.Option) any {
	t.Helper()
	c, rec := newRecorded(t, testDSN, opts...)
	c.CaptureMessage(t.Context(), "x", raven.Extra{"v": v})
	return only(t, rec).at("extra", "v")
}

// The cases of Raven for Python, and those that it misses.
func TestSanitizeValues(t *testing.T) {
	var none *account
	for _, tt := range []struct {
		name string
		in   any
		want any
	}{
		{"card with dashes", "4242-4242-4242-4242", masked},
		{"card with a newline", visa + "\n", masked},
		{"card with a blank behind it", visa + " ", masked},
		{"15 digits", "424242424242424", masked},
		{"13 digits", "1234567890123", masked},
		{"digits of another script", strings.Repeat("٤", 16), masked},
		{"two newlines", visa + "\n\n", masked + "\n\n"},
		{"blank before it", " " + visa, " " + masked},
		{"12 digits", "123456789012", "123456789012"},
		{"17 digits", visa + "4", visa + "4"},
		{"letters in it", "4242x424242424242", "4242x424242424242"},
		{"a number is no card", int64(4242424242424242), 4242424242424242.0},
		{"card in bytes", []byte(visa), masked},
		{"card in a list", []string{visa, "b"}, []any{masked, "b"}},
		{"card in a Stringer", speaks{visa}, masked},
		{"card in a raw number string", json.RawMessage(`{"n":["` + visa + `",1]}`), map[string]any{"n": []any{masked, 1.0}}},

		{"part of a key", map[string]any{"secretary": 1, "x_authorization_y": 2, "tokens": 3, "passphrase": 4}, map[string]any{"secretary": masked, "x_authorization_y": masked, "tokens": masked, "passphrase": 4.0}},
		{"any case", map[string]any{"PASSWORD": "a", "aPiKeY": "a"}, map[string]any{"PASSWORD": masked, "aPiKeY": masked}},
		{"words put together otherwise", map[string]string{"X-Api-Key": "a", "AccessToken": "b", "sentry dsn": "c"}, map[string]any{"X-Api-Key": masked, "AccessToken": masked, "sentry dsn": masked}},
		{"not ASCII", map[string]any{"größe": "1", "schlüsselPASSWORD": "a"}, map[string]any{"größe": "1", "schlüsselPASSWORD": masked}},
		{"broken UTF-8", map[string]any{"\xffpassword": "a"}, map[string]any{"\ufffdpassword": masked}},
		{"a Kelvin sign", map[string]any{"api\u212aey": "a"}, map[string]any{"api\u212aey": masked}},
		{"empty key", map[string]any{"": "a"}, map[string]any{"": "a"}},
		{"null", map[string]any{"password": nil, "secret": none}, map[string]any{"password": nil, "secret": nil}},
		{"empty text", map[string]any{"password": ""}, map[string]any{"password": masked}},
		{"subtree", map[string]any{"a": map[string]any{"secrets": map[string]any{"b": 1}}}, map[string]any{"a": map[string]any{"secrets": masked}}},
		{"list", map[string]any{"passwords": []any{"a", nil, map[string]any{"b": 1}, []string{"c"}}}, map[string]any{"passwords": []any{masked, nil, masked, masked}}},
		{"pointer to a list", map[string]any{"passwords": &[]string{"a"}}, map[string]any{"passwords": []any{masked}}},
		{"empty list", map[string]any{"passwords": []int{}}, map[string]any{"passwords": []any{}}},
		{"bytes", map[string]any{"password": []byte("abc")}, map[string]any{"password": masked}},
		{"typed map", http.Header{"Authorization": {"Basic x"}, "Accept": {"*/*"}}, map[string]any{"Authorization": []any{masked}, "Accept": []any{"*/*"}}},
		{"struct", account{Name: "n", Password: "p", Token: "t", Nested: &account{Password: "q"}}, map[string]any{
			"Name": "n", "pw": masked, "access_token": masked,
			"Nested": map[string]any{"Name": "", "pw": masked, "access_token": masked, "Nested": nil},
		}},
		{"raw JSON", json.RawMessage(`{"a":{"password":{"x":[1,"}"]},"b":2},"secret":null,"api_key":[1,2],"c":"\"password\":1","d":"\"password\""}`), map[string]any{
			"a": map[string]any{"password": masked, "b": 2.0}, "secret": nil, "api_key": masked, "c": `"password":` + masked, "d": `"password"`,
		}},
		{"raw JSON with escapes", json.RawMessage(`{"p\u0061ssword":"\"x","u":"https:\/\/u:p@h"}`), map[string]any{"password": masked, "u": "https://u:" + masked + "@h"}},
		{"JSON in a text", `{"password": "x", "n": "4242424242424242", "b": true}`, `{"password": "********", "n": "********", "b": true}`},
		{"JSON that was cut off", `[{"a":1,"password":"hun`, `[{"a":1,"password":"********"`},
		{"JSON in JSON", `{"body":"{\"password\":\"x\"}"}`, `{"body":"{\"password\":\"********\"}"}`},

		{"pair with an equals sign", "password=a=b", "password=" + masked},
		{"pairs in a text", "dial host=h password=x y=1;PWD=2 api_key='a b' c", "dial host=h password=" + masked + " y=1;PWD=2 api_key='" + masked + "' c"},
		{"quote that is not closed", "password='a b", "password=" + masked},
		{"blanks around the sign", `where password = "a b" and x = 1`, `where password = "` + masked + `" and x = 1`},
		{"escaped key", "a=1&p%61ssword=x", "a=1&p%61ssword=" + masked},
		{"pair in a value", "next=/login?password=x&y=2", "next=/login?password=" + masked + "&y=2"},
		{"card in a pair", "card=4242+4242+4242+4242&y=2", "card=" + masked + "&y=2"},
		{"no pairs", "a == b, password", "a == b, password"},

		{"URL", "see https://u:p:w@h/x and ftp://v:q@i", "see https://u:" + masked + "@h/x and ftp://v:" + masked + "@i"},
		{"URL without password", "https://u@h:80/a@b:c", "https://u@h:80/a@b:c"},
		{"URL in brackets", "http://[::1]:80/@x", "http://[::1]:80/@x"},
		{"URL that should have been escaped", `parse "redis://:pa/s#s@h:6379/0"`, `parse "redis://:` + masked + `@h:6379/0"`},
		{"URL as a value", &url.URL{Scheme: "https", User: url.UserPassword("u", "p"), Host: "h", RawQuery: "api_key=x&b=2"}, "https://u:" + masked + "@h?api_key=" + masked + "&b=2"},
		{"error as a value", fmt.Errorf("dsn %q", "pg://u:p@h"), `dsn "pg://u:` + masked + `@h"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			got := capturedExtra(t, tt.in)
			if tt.want == nil {
				g.Expect(got).To(BeNil())
				return
			}
			g.Expect(got).To(Equal(tt.want))
		})
	}
}

// Places in which the processors of Raven for Python mask, and those that they
// miss.
func TestSanitizedPlaces(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	secrets := map[string]any{"the_secret": "hush", "a_password_here": "hush", "apiKey": "hush", "ok": "fine"}
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "GET https://u:hush@h/?password=hush&a=1", Data: secrets})
	id := c.Capture(t.Context(), &raven.Event{
		Message: "login %s at https://u:hush@h", Params: raven.Params{visa},
		Exceptions: []raven.Exception{{
			Type: "E", Value: `Get "https://u:hush@h/?access_token=hush&n=1234567890123": EOF; password=kept`,
			Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Vars: secrets}}},
			Mechanism:  &raven.Mechanism{Data: secrets},
		}},
		Stacktrace:  &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Vars: secrets}}},
		Transaction: "https://u:hush@h",
		Fingerprint: raven.Fingerprint{"https://u:hush@h"},
		Tags:        raven.Tags{"card": visa, "api_key": "hush", "url": "https://u:hush@h"},
		Extra:       raven.Extra(secrets),
		Contexts:    raven.Contexts{"own": secrets, "raw": json.RawMessage(`{"password":"hush"}`)},
		User:        &raven.User{ID: "1234567890123", Username: visa, Email: "https://u:hush@h", Data: secrets},
		Interfaces:  map[string]any{"my.Thing": secrets, "my.Secret": "hush"},
		Request: &raven.Request{
			URL: "https://u:hush@h/x?api_key=hush&a=b", QueryString: "password=hush hush;&a=1&x&secret=a=hush", Fragment: "access_token=hush&ok=1",
			Cookies: "a=1; password=hush hush; b;",
			Headers: map[string]string{"Cookie": "password=hush hush;b=1;", "Authorization": "Basic hush", "Referer": "/?password=hush", "Accept": "*/*"},
			Env:     map[string]string{"HTTP_COOKIE": "secret=hush hush", "DB_PASSWORD": "hush", "REMOTE_ADDR": "1.2.3.4"},
			Data:    []byte("password=hush 1&b=2"),
		},
	})
	g.Expect(id).NotTo(BeEmpty())
	g.Expect(string(rec.all()[0].Body)).NotTo(ContainSubstring("hush"))
	hidden := map[string]any{"the_secret": masked, "a_password_here": masked, "apiKey": masked, "ok": "fine"}
	ev := only(t, rec)
	for _, path := range [][]any{
		{"extra"},
		{"contexts", "own"},
		{"user", "data"},
		{"my.Thing"},
		{"breadcrumbs", "values", 0, "data"},
		{"exception", "values", 0, "stacktrace", "frames", 0, "vars"},
		{"exception", "values", 0, "mechanism", "data"},
		{"stacktrace", "frames", 0, "vars"},
	} {
		g.Expect(ev.at(path...)).To(Equal(hidden), fmt.Sprint(path...))
	}
	for _, want := range []struct {
		want string
		path []any
	}{
		{"login " + masked + " at https://u:" + masked + "@h", []any{"logentry", "formatted"}},
		{masked, []any{"logentry", "params", 0}},
		{`Get "https://u:` + masked + `@h/?access_token=` + masked + `&n=1234567890123": EOF; password=kept`, []any{"exception", "values", 0, "value"}},
		{"GET https://u:" + masked + "@h/?password=" + masked + "&a=1", []any{"breadcrumbs", "values", 0, "message"}},
		{masked, []any{"tags", "card"}},
		{masked, []any{"tags", "api_key"}},
		{"https://u:" + masked + "@h/x?api_key=" + masked + "&a=b", []any{"request", "url"}},
		{"password=" + masked + "&a=1&x&secret=" + masked, []any{"request", "query_string"}},
		{"access_token=" + masked + "&ok=1", []any{"request", "fragment"}},
		{"a=1; password=" + masked + "; b;", []any{"request", "cookies"}},
		{"password=" + masked + ";b=1;", []any{"request", "headers", "Cookie"}},
		{masked, []any{"request", "headers", "Authorization"}},
		{"*/*", []any{"request", "headers", "Accept"}},
		{"/?password=" + masked, []any{"request", "headers", "Referer"}},
		{"secret=" + masked, []any{"request", "env", "HTTP_COOKIE"}},
		{"1.2.3.4", []any{"request", "env", "REMOTE_ADDR"}},
		{"password=" + masked + "&b=2", []any{"request", "data"}},
		{"1234567890123", []any{"user", "id"}}, // ids of 13 digits are common
		{masked, []any{"user", "username"}},
	} {
		g.Expect(ev.at(want.path...)).To(Equal(want.want), fmt.Sprint(want.path...))
	}
}

func TestSanitizedBodies(t *testing.T) {
	for _, tt := range []struct {
		name       string
		data, want any
	}{
		{"form", "a=1&password=x y;z", "a=1&password=" + masked},
		{"parts without a value", "a&password&b=1", "a&password&b=1"},
		{"JSON", `{"user":"u","password":"x"}`, `{"user":"u","password":"********"}`},
		{"JSON in bytes", []byte(` [{"password":1}]`), ` [{"password":"********"}]`},
		{"map", map[string]any{"secret": "x", "list": []any{map[string]any{"password": "y"}}}, map[string]any{"secret": masked, "list": []any{map[string]any{"password": masked}}}},
		{"values", url.Values{"password": {"x"}, "b": {"1"}}, map[string]any{"password": []any{masked}, "b": []any{"1"}}},
		{"card", visa, masked},
		{"text", "nothing to hide", "nothing to hide"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, rec := newRecorded(t, testDSN)
			c.CaptureMessage(t.Context(), "x", &raven.Request{Data: tt.data})
			NewWithT(t).Expect(only(t, rec).at("request", "data")).To(Equal(tt.want))
		})
	}
}

func TestWhatIsSanitized(t *testing.T) {
	type pair = map[string]any
	in := pair{"password": "p", "PIN-code": "1", "card": visa}
	for _, tt := range []struct {
		name string
		opts []raven.Option
		want pair
	}{
		{"default", nil, pair{"password": masked, "PIN-code": "1", "card": masked}},
		{"more keys", []raven.Option{raven.WithProcessors(raven.SanitizeKeys("pincode"))}, pair{"password": masked, "PIN-code": masked, "card": masked}},
		{"a function leaves the default on", []raven.Option{raven.WithProcessors(raven.ProcessorFunc(keep))}, pair{"password": masked, "PIN-code": "1", "card": masked}},
		{"no default", []raven.Option{raven.WithoutDefaultProcessors()}, in},
		{"keys alone", []raven.Option{raven.WithoutDefaultProcessors(), raven.WithProcessors(raven.SanitizeKeys("pin_code"))}, pair{"password": "p", "PIN-code": masked, "card": visa}},
		{"named", []raven.Option{raven.WithProcessors(raven.SanitizePasswords()), raven.WithoutDefaultProcessors()}, pair{"password": masked, "PIN-code": "1", "card": masked}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			NewWithT(t).Expect(capturedExtra(t, in, tt.opts...)).To(Equal(tt.want))
		})
	}
}

func TestRemovers(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithProcessors(raven.RemovePostData(), raven.RemoveStackLocals()))
	frames := []raven.Frame{{Function: "f", Vars: map[string]any{"a": 1}}}
	err := c.Send(t.Context(), &raven.Event{
		Request: &raven.Request{Method: "POST", Data: "body"},
		Exceptions: []raven.Exception{
			{Type: "A", Stacktrace: &raven.Stacktrace{Frames: frames}},
			{Type: "B", Stacktrace: &raven.Stacktrace{Frames: frames}},
		},
		Extra: raven.Extra{"password": "p"},
	})
	g.Expect(err).NotTo(HaveOccurred())
	ev := only(t, rec)
	g.Expect(ev.at("request")).To(Equal(map[string]any{"method": "POST"}))
	for i := range 2 {
		g.Expect(ev.at("exception", "values", i, "stacktrace", "frames", 0)).To(And(HaveKey("function"), Not(HaveKey("vars"))))
	}
	g.Expect(ev.at("extra", "password")).To(Equal(masked), "Send is scrubbed too")
	g.Expect(frames[0].Vars).To(HaveKey("a"), "the caller's event is not changed")
}

func TestKeysOfFields(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithProcessors(raven.SanitizeKeys("e-mail", "query", "data", "shard")))
	c.CaptureMessage(t.Context(), "x", raven.User{ID: "u", Email: "a@example.com", Data: map[string]any{"a": "b"}}, raven.Tags{"shard": "7"},
		&raven.Request{URL: "https://h", QueryString: "a=b", Data: []string{"body"}})
	ev := only(t, rec)
	g.Expect(ev["user"]).To(Equal(map[string]any{"id": "u", "email": masked, "data": masked}))
	g.Expect(ev["request"]).To(Equal(map[string]any{"url": "https://h", "query_string": masked, "data": []any{masked}}))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"shard": masked}))
}

func TestPanicValuesAreSanitized(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	func() {
		defer c.Recover(t.Context())
		panic(account{Name: "n", Password: "hush"})
	}()
	g.Expect(only(t, rec).at("exception", "values", 0, "value")).To(And(ContainSubstring(`"pw":"********"`), Not(ContainSubstring("hush"))))
}

func TestProcessorMistakes(t *testing.T) {
	for want, opt := range map[string]raven.Option{
		"raven: WithProcessors: a processor is nil":                                                        raven.WithProcessors(nil),
		"raven: WithProcessors: a function is nil":                                                         raven.WithProcessors(raven.ProcessorFunc(nil)),
		"raven: WithBeforeSend: the function is nil":                                                       raven.WithBeforeSend(nil),
		"raven: SanitizeKeys: no keys":                                                                     raven.WithProcessors(raven.SanitizeKeys()),
		`raven: SanitizeKeys: the key "_" would hide everything`:                                           raven.WithProcessors(raven.SanitizeKeys("a", "_")),
		"raven: WithLimits({StringLength:0 ListLength:-1 Depth:0}): a limit is negative; 0 is the default": raven.WithLimits(raven.Limits{ListLength: -1}),
		"raven: WithLimits({StringLength:0 ListLength:0 Depth:101}): the depth is above 100":               raven.WithLimits(raven.Limits{Depth: 101}),
	} {
		_, err := raven.New(testDSN, raven.WithTransport(new(recorder)), opt)
		NewWithT(t).Expect(err).To(MatchError(want))
	}
	_, err := raven.New(testDSN, raven.WithTransport(new(recorder)), raven.WithProcessors(nil, raven.SanitizeKeys()))
	NewWithT(t).Expect(err).To(MatchError(And(ContainSubstring("nil"), ContainSubstring("no keys"))))
}
