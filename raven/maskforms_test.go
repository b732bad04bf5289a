package raven_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type (
	// login is like a protobuf message: its text has the password in it.
	login  struct{ Name, Password string }
	logins struct {
		Last  *login
		After []login
	}
	// endpoint has a text, but no secret.
	endpoint  struct{ Host, Port string }
	textLogin struct{ Name, APIKey string }
	failure   struct{ Token string }
)

func (l *login) String() string                  { return "login of " + l.Name + " with " + l.Password }
func (l logins) String() string                  { return "last " + l.Last.String() }
func (e endpoint) String() string                { return e.Host + ":" + e.Port }
func (l textLogin) MarshalText() ([]byte, error) { return []byte(l.Name + "/" + l.APIKey), nil }
func (f failure) Error() string                  { return "it failed" }

// The forms that a secret has in a text, in JSON and in values.
func TestFormsOfSecrets(t *testing.T) {
	link := url.URL{Scheme: "https", User: url.UserPassword("u", "hush"), Host: "h"}
	for _, tt := range []struct {
		name string
		in   any
		want any
	}{
		{"keys in brackets", "user[password]=hush&a=1", "user[password]=" + masked + "&a=1"},
		{"a list in brackets", "a=1&password[]=hush", "a=1&password[]=" + masked},
		{"brackets in brackets", "f[auth][api_key]=hush&f[auth_or]=1", "f[auth][api_key]=" + masked + "&f[auth_or]=" + masked},
		{"brackets and words", "x user[password]=hush y", "x user[password]=" + masked + " y"},
		{"a key in quotes", `"password"="hush" 'token' = 'hush'`, `"password"="` + masked + `" 'token' = '` + masked + `'`},
		{"a hash of Ruby", `{"password"=>"hush", :token=>"hush"}`, `{"password"=>"` + masked + `", :token=>"` + masked + `"}`},
		{"an assignment", "password := hush", "password := " + masked},
		{"a comparison", "password == hush", "password == " + masked},
		{"a quote in quotes", `password="hu\"sh hush" x`, `password="` + masked + `" x`},
		{"a backslash at the end of quotes", `password="hush\\" x`, `password="` + masked + `" x`},
		{"several words", "Server=h;Password=two hush;Database=x", "Server=h;Password=" + masked + ";Database=x"},
		{"several words at the end", "Server=h;Password=two hush", "Server=h;Password=" + masked},
		{"several words at the beginning", "Password=two hush;", "Password=" + masked + ";"},

		{"a colon", "login: x, password: hush y", "login: x, password: " + masked + " y"},
		{"a colon without a blank", "{Name:n Password:hush Age:3}", "{Name:n Password:" + masked + " Age:3}"},
		{"a map as fmt prints it", "map[password:hush user:u]", "map[password:" + masked + " user:u]"},
		{"a map in a map", "map[secrets:map[a:hush b:hush] user:u]", "map[secrets:" + masked + " user:u]"},
		{"text of protobuf", `name:"n" password:"hush hush" n:3`, `name:"n" password:"` + masked + `" n:3`},
		{"JSON in a sentence", `got {"password":"hush, hush","n":1} and`, `got {"password":"` + masked + `","n":1} and`},
		{"objects in a sentence", `got {"auth":{"a":"hush"},"n":1} and`, `got {"auth":` + masked + `,"n":1} and`},
		{"escaped JSON in a sentence", `body "{\"password\":\"hush hush\",\"n\":1}"`, `body "{\"password\":\"` + masked + `\",\"n\":1}"`},
		{"a header", "Authorization: Digest username=hush, response=hush\nX: y", "Authorization: " + masked + "\nX: y"},
		{"a name in a name", "auth::Login token::new password", "auth::Login token::new password"},
		{"nothing behind it", "enter your password:", "enter your password:"},
		{"a time", "12:34:56 a://b", "12:34:56 a://b"},

		{"JSON that begins with a number", `[1,{"password":"hush"}]`, `[1,{"password":"` + masked + `"}]`},
		{"JSON that begins with null", `[null, true, {"a\u0075th":"hush"}]`, `[null, true, {"a\u0075th":"` + masked + `"}]`},
		{"JSON behind a mark", "\ufeff" + `{"password":"hush"}`, "\ufeff" + `{"password":"` + masked + `"}`},
		{"JSON line by line", `{"n":1}` + "\n" + `{"password":"hush"}` + "\n", `{"n":1}` + "\n" + `{"password":"` + masked + `"}` + "\n"},
		{"a string of JSON", `"{\"password\":\"hush\"}"`, `"{\"password\":\"` + masked + `\"}"`},
		{"a string of a string of JSON", `"\"{\\\"password\\\":\\\"hush\\\"}\""`, `"\"{\\\"password\\\":\\\"` + masked + `\\\"}\""`},
		{"a string of JSON that is cut off", `"{\"n\":1,\"password\":\"hus`, `"{\"n\":1,\"password\":` + masked},
		{"JSON cut off in a word", `[1, tr`, `[1, tr`},
		{"what begins like JSON", "[1] login password=hush", "[1] login password=" + masked},
		{"what looks like JSON", `{password: 'hush', n: 1}`, `{password: '` + masked + `', n: 1}`},
		{"cookies in JSON", `{"cookies":{"session":"hush","theme":"dark"},"session":"s"}`, `{"cookies":{"session":"` + masked + `","theme":"dark"},"session":"s"}`},
		{"a cookie header in JSON", `{"headers":{"Cookie":"sid=hush; theme=dark"}}`, `{"headers":{"Cookie":"sid=` + masked + `; theme=dark"}}`},
		{"raw JSON of JSON", json.RawMessage(`"{\"password\":\"hush\"}"`), `{"password":"` + masked + `"}`},

		{"a URL by value", link, "https://u:" + masked + "@h"},
		{"URLs in a struct", struct{ URL url.URL }{link}, map[string]any{"URL": "https://u:" + masked + "@h"}},
		{"a user", link.User, "u:" + masked},
		{"a user without a password", url.User("u"), "u"},
		{"a quote in a password", `dial postgres://u:hu'sh@h/x`, `dial postgres://u:` + masked + `@h/x`},
		{"an angle in a password", `amqp://u:hu<s>h@h`, `amqp://u:` + masked + `@h`},
		{"digits and a slash", "redis://u:12/hush@h:6379/0", "redis://u:" + masked + "@h:6379/0"},
		{"digits and a question mark", "redis://u:12?hush@h", "redis://u:" + masked + "@h"},
		{"a blank in a password", `parse "postgres://u:hu sh@h/x": invalid`, `parse "postgres://u:` + masked + `@h/x": invalid`},
		{"a blank without quotes", "postgres://u:hu sh@h/x", "postgres://u:" + masked + "@h/x"},
		{"a scope", "https://h.example:443/@scope/x", "https://h.example:443/@scope/x"},
		{"an address in a path", "http://localhost:8080/users/a@example.com", "http://localhost:8080/users/a@example.com"},
		{"a port and an address", `"http://h:80" of a@example.com`, `"http://h:80" of a@example.com`},

		{"a struct with a text", &login{"n", "hush"}, map[string]any{"Name": "n", "Password": masked}},
		{"structs in one", logins{&login{"n", "hush"}, []login{{"m", "hush"}}}, map[string]any{
			"Last": map[string]any{"Name": "n", "Password": masked}, "After": []any{map[string]any{"Name": "m", "Password": masked}},
		}},
		{"a struct with MarshalText", []any{textLogin{"n", "hush"}}, []any{map[string]any{"Name": "n", "APIKey": masked}}},
		{"nothing to hide", endpoint{"h", "80"}, "h:80"},
		{"an address", &net.TCPAddr{IP: net.IPv4(1, 2, 3, 4), Port: 80}, "1.2.3.4:80"},
		{"an error with fields", failure{"hush"}, "it failed"},
		{"an attribute", slog.String("password", "hush"), "password=" + masked},
		{"a cookie", &http.Cookie{Name: "session", Value: "hush", Path: "/"}, "session=" + masked + "; Path=/"},
		{"cookies", []http.Cookie{{Name: "PHPSESSID", Value: "hush"}}, []any{"PHPSESSID=" + masked}},
		{"cookies in a map", map[string]any{"cookies": map[string]string{"csrf": "hush", "su": "hush", "theme": "dark"}}, map[string]any{"cookies": map[string]any{"csrf": masked, "su": masked, "theme": "dark"}}},
		{"cookies in headers", http.Header{"Cookie": {"connect.sid=hush; a=b"}, "Set-Cookie": {"sessionid=hush; Path=/"}}, map[string]any{"Cookie": []any{"connect.sid=" + masked + "; a=b"}, "Set-Cookie": []any{"sessionid=" + masked + "; Path=/"}}},

		{"keys that are words", map[string]any{
			"author": 1, "co_authors": 1, "Authority": 1, "tokenizer": 1, "footprint": 1, "hotplug": 1, "sessions": 1, "issue": 1,
			"authOrigin": 1, "AUTH_ORDER": 1, "authorisation": 1, "otp": 1, "userOtp": 1, "OTPCode": 1, "sms-otp": 1, "twoFactor": 1, "mysql_pwd": 1, "PrivateKey": 1, "stripeToken": 1,
		}, map[string]any{
			"author": 1.0, "co_authors": 1.0, "Authority": 1.0, "tokenizer": 1.0, "footprint": 1.0, "hotplug": 1.0, "sessions": 1.0, "issue": 1.0,
			"authOrigin": masked, "AUTH_ORDER": masked, "authorisation": masked, "otp": masked, "userOtp": masked, "OTPCode": masked, "sms-otp": masked, "twoFactor": masked, "mysql_pwd": masked, "PrivateKey": masked, "stripeToken": masked,
		}},

		{"Bearer", "sent Bearer hush.hush", "sent Bearer " + masked},
		{"bearer in quotes", `{"h": bearer "hush"}`, `{"h": bearer "` + masked + `"}`},
		{"Bearer and a key", "bearer token: hush x", "bearer " + masked + " x"},
		{"Bearer twice", "Bearer Bearer hush", "Bearer Bearer " + masked},
		{"Basic", "Basic dTpodXNo, x", "Basic " + masked + " x"},
		{"no credentials", "Basic English, forbearer x", "Basic English, forbearer x"},
		{"a private key", "x\n-----BEGIN RSA PRIVATE KEY-----\nhush\nhush\n-----END RSA PRIVATE KEY-----\ny", "x\n-----BEGIN RSA PRIVATE KEY-----\n" + masked + "\n-----END RSA PRIVATE KEY-----\ny"},
		{"a key that is cut off", "-----BEGIN PRIVATE KEY-----\nhush", "-----BEGIN PRIVATE KEY-----\n" + masked},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"},
		{"a card in a sentence", "card 4242 4242 4242 4242, 378282246310005 and 5555-5555-5555-4444.", "card " + masked + ", " + masked + " and " + masked + "."},
		{"a card with a check digit", "2223003122003222 30569309025904 6200000000000005", masked + " " + masked + " " + masked},
		{"other numbers", "2223003122003223 a4242424242424242 42424242424242421 1234567890123456 20261128135259", "2223003122003223 a4242424242424242 42424242424242421 1234567890123456 20261128135259"},
		{"a social security number", "of 078-05-1120.", "of " + masked + "."},
		{"no social security number", "078-05-11200 1078-05-1120 2026-11-28", "078-05-11200 1078-05-1120 2026-11-28"},
		{"IBANs", "to DE89370400440532013000 and GB29 NWBK 6016 1331 9268 19, now", "to " + masked + " and " + masked + ", now"},
		{"no IBANs", "XX89370400440532013000 DE89 3704 0044 0532 0130 01 DE8937 SHA256", "XX89370400440532013000 DE89 3704 0044 0532 0130 01 DE8937 SHA256"},
		{"an address of a person", "a@example.com", "a@example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			NewWithT(t).Expect(capturedExtra(t, tt.in)).To(Equal(tt.want))
		})
	}
}

func TestFormsOfSecretsInRequests(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for _, data := range []any{
		"user[password]=hush&a=1", "user%5Bpassword%5D=hush", "payload=%7B%22password%22%3A%22hush%22%7D&a=1", `payload={"password":"hush"}`,
		"q=Bearer+hush", "x: y\npassword: hush\n", "ref=" + url.QueryEscape("https://u:hush@h/?token=hush"), "auth[]=hush", "\ufeff[1,{\"otp\":\"hush\"}]",
	} {
		text := strings.TrimPrefix(data.(string), "\ufeff")
		c.CaptureMessage(t.Context(), "x", &raven.Request{
			Data: data, QueryString: text, Fragment: text, URL: "https://h/?" + strings.ReplaceAll(text, "\n", "%0a"), Cookies: "a=" + url.QueryEscape(text),
			Headers: map[string]string{"X-Sent": text, "Cookie": "sessionid=hush; _csrf=hush; a=b"},
		})
	}
	for _, p := range rec.all() {
		g.Expect(string(eventJSON(t, p))).NotTo(ContainSubstring("hush"))
	}
	g.Expect(eventOf(t, rec.all()[2]).at("request", "query_string")).To(Equal("payload=%7B%22password%22%3A%22********%22%7D&a=1"))
	g.Expect(eventOf(t, rec.all()[0]).at("request", "headers", "Cookie")).To(Equal("sessionid=" + masked + "; _csrf=" + masked + "; a=b"))
}

// In prose only texts that are secrets in any place are masked.
func TestFormsOfSecretsInMessages(t *testing.T) {
	for text, want := range map[string]struct{ message, failure, name string }{
		"a Bearer hush": {"a Bearer " + masked, "a Bearer " + masked, "a Bearer " + masked},
		"4242424242424242 078-05-1120 DE89370400440532013000": {masked + " " + masked + " " + masked, masked + " " + masked + " " + masked, "4242424242424242 078-05-1120 DE89370400440532013000"},
		"mail to a.b+c@mail.example.com, please":              {"mail to " + masked + ", please", "mail to a.b+c@mail.example.com, please", "mail to a.b+c@mail.example.com, please"},
		"https://user@h.example/?token=hush&a=b":              {"https://" + masked + "@h.example/?token=" + masked + "&a=b", "https://user@h.example/?token=" + masked + "&a=b", "https://user@h.example/?token=" + masked + "&a=b"},
		"https://u:hu'sh@h.example":                           {"https://u:" + masked + "@h.example", "https://u:" + masked + "@h.example", "https://u:" + masked + "@h.example"},
		"wrong password: kept, user@host, a@b.c, 12:30":       {"wrong password: kept, user@host, a@b.c, 12:30", "wrong password: kept, user@host, a@b.c, 12:30", "wrong password: kept, user@host, a@b.c, 12:30"},
	} {
		t.Run(text, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			c.Capture(t.Context(), &raven.Event{
				Message: text, Exceptions: []raven.Exception{{Type: "E", Value: text}}, Transaction: text, Fingerprint: raven.Fingerprint{text},
			})
			ev := only(t, rec)
			g.Expect(ev.at("logentry", "formatted")).To(Equal(want.message))
			g.Expect(ev.at("exception", "values", 0, "value")).To(Equal(want.failure))
			g.Expect(ev.at("transaction")).To(Equal(want.name))
			g.Expect(ev.at("fingerprint", 0)).To(Equal(want.name))
		})
	}
}

func TestPanicsWithTextsOfTheirOwn(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	func() {
		defer c.Recover(t.Context())
		panic(&login{"n", "hush"})
	}()
	g.Expect(only(t, rec).at("exception", "values", 0, "value")).To(Equal(`{"Name":"n","Password":"` + masked + `"}`))
}

func TestParamsWithSecrets(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.CaptureMessage(t.Context(), "%v %+v %v %v %d", raven.Params{
		&login{"n", "hush"}, struct{ APIKey string }{"hush"}, map[string]string{"token": "hush"}, http.Header{"Accept": {"x"}}, 7,
	})
	ev := only(t, rec)
	g.Expect(ev.at("logentry", "formatted")).To(Equal(`{"Name":"n","Password":"` + masked + `"} {"APIKey":"` + masked + `"} {"token":"` + masked + `"} map[Accept:[x]] 7`))
	g.Expect(string(eventJSON(t, rec.all()[0]))).NotTo(ContainSubstring("hush"))
}
