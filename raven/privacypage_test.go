package raven_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// privacyPage is docs/privacy.md with every run of blanks as one blank.
func privacyPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/privacy.md")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return strings.Join(strings.Fields(string(page)), " ")
}

var backticked = regexp.MustCompile("`([^`]+)`")

// listed returns the texts in backticks between two phrases of a page.
func listed(t *testing.T, page, from, to string) []string {
	t.Helper()
	g := NewWithT(t)
	_, after, found := strings.Cut(page, from)
	g.Expect(found).To(BeTrue(), "the page does not say %q", from)
	list, _, found := strings.Cut(after, to)
	g.Expect(found).To(BeTrue(), "the page does not say %q after %q", to, from)
	var words []string
	for _, m := range backticked.FindAllStringSubmatch(list, -1) {
		words = append(words, m[1])
	}
	g.Expect(words).NotTo(BeEmpty())
	return words
}

// keyRules are the keys that the page lists.
type keyRules struct{ parts, words, cookieParts, cookieWords, harmless []string }

func rulesOnPage(t *testing.T) keyRules {
	page := privacyPage(t)
	return keyRules{
		parts:       listed(t, page, "A key is secret if a part of it", "or if one of its words is"),
		words:       listed(t, page, "or if one of its words is", "."),
		harmless:    listed(t, page, "are secret.", "are not."),
		cookieParts: listed(t, page, "the names of sessions are secret, too:", "as a part"),
		cookieWords: listed(t, page, "as a part,", "as a word."),
	}
}

// spelled returns a key in its usual spellings.
func spelled(key string) []string {
	words := strings.Split(key, "_")
	camel := words[0]
	for _, w := range words[1:] {
		camel += strings.ToUpper(w[:1]) + w[1:]
	}
	return []string{
		key, strings.ToUpper(key), camel, strings.ReplaceAll(key, "_", ""), strings.ReplaceAll(key, "_", "-"),
		strings.ReplaceAll(key, "_", "."), strings.ReplaceAll(key, "_", " "),
	}
}

// masks reports which keys of a map of cookies, or of another map, are masked.
func masks(t *testing.T, bag string, keys []string) map[string]bool {
	t.Helper()
	c, rec := newRecorded(t, testDSN)
	seen := make(map[string]bool)
	for i, key := range keys {
		c.CaptureMessage(t.Context(), "x", raven.Extra{bag: map[string]string{key: "zq7hush"}})
		seen[key] = !strings.Contains(string(eventJSON(t, rec.all()[i])), "zq7hush")
	}
	return seen
}

func TestKeysOnThePrivacyPage(t *testing.T) {
	page := rulesOnPage(t)
	var secret, inCookies []string
	for _, part := range page.parts {
		for _, key := range spelled(part) {
			secret = append(secret, key, "x"+key, key+"5", "my_"+key+"_2")
		}
	}
	for _, word := range page.words {
		secret = append(secret, word, strings.ToUpper(word), "my_"+word, word+"_x", "my-"+word+".x")
	}
	for _, part := range page.cookieParts {
		inCookies = append(inCookies, part, "x"+part+"x", strings.ToUpper(part))
	}
	var within []string
	for _, word := range page.cookieWords {
		within = append(within, "x"+word+"x", "x"+word)
		inCookies = append(inCookies, word, "my_"+word, word+"-x")
	}
	for _, tt := range []struct {
		name, bag string
		keys      []string
		want      bool
	}{
		{"secret anywhere", "bag", secret, true},
		{"secret in cookies", "cookies", append(slices.Clone(secret), inCookies...), true},
		{"of cookies only", "bag", inCookies, false},
		{"harmless", "bag", page.harmless, false},
		{"a word is not a part", "bag", []string{"x" + page.words[0], page.words[0] + "x"}, false},
		{"a word is not a part of a cookie's name", "cookies", within, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for key, got := range masks(t, tt.bag, tt.keys) {
				NewWithT(t).Expect(got).To(Equal(tt.want), "%s of %s", key, tt.bag)
			}
		})
	}
}

// What is masked by its key is masked because of a key on the page.
func TestNoKeysButThoseOnThePrivacyPage(t *testing.T) {
	page := rulesOnPage(t)
	has := func(key string, parts []string) bool {
		squeeze := strings.NewReplacer("_", "", "-", "", ".", "", " ", "")
		key = squeeze.Replace(strings.ToLower(key))
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(key, squeeze.Replace(part)) })
	}
	hasWord := func(key string, words []string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			return regexp.MustCompile(`(^|[^a-z])` + word + `([^a-z]|$)`).MatchString(strings.ToLower(key))
		})
	}
	keys := append(slices.Clone(byKey), byCookie...)
	keys = append(keys, strings.Fields(`key keys id code hash salt sig signature signed cert certificate certs login logon username email phone
		address ssn iban card credit cvv cvc account bank pass passport passcode pwd pw phrase nonce seed private public cipher crypt x-forwarded-for
		ip remote_addr host cookiejar cookie_consent bearer basic dsn sentry mysql two factor api session_id hmac webhook vault kms access refresh client`)...)
	for key, got := range masks(t, "bag", keys) {
		if got {
			NewWithT(t).Expect(has(key, page.parts) || hasWord(key, page.words)).To(BeTrue(), "%s is masked, and not on the page", key)
		}
	}
	for key, got := range masks(t, "cookies", keys) {
		if got {
			NewWithT(t).Expect(has(key, slices.Concat(page.parts, page.cookieParts)) || hasWord(key, append(page.words, page.cookieWords...))).To(BeTrue(), "the cookie %s is masked, and not on the page", key)
		}
	}
}

// A secret key is found in maps, structs and JSON, at any depth.
func TestWhereSecretKeysStand(t *testing.T) {
	for _, key := range rulesOnPage(t).parts {
		name := strings.ToUpper(key[:1]) + key[1:]
		text := reflect.TypeFor[string]()
		byName := reflect.New(reflect.StructOf([]reflect.StructField{{Name: name, Type: text, Tag: `json:"x"`}})).Elem()
		byTag := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "X", Type: text, Tag: reflect.StructTag(`json:"` + key + `"`)}})).Elem()
		byName.Field(0).SetString("zq7hush")
		byTag.Field(0).SetString("zq7hush")
		object := fmt.Sprintf(`{%q:"zq7hush"}`, key)
		var deep any = map[string]any{key: "zq7hush"}
		for range 12 {
			deep = []any{map[string]any{"a": deep}}
		}
		for where, v := range map[string]any{
			"a map": map[string]string{key: "zq7hush"}, "a struct's field": byName.Interface(), "a field's JSON name": byTag.Interface(),
			"JSON": json.RawMessage(object), "JSON in a text": object, "JSON that is cut off": strings.TrimSuffix(object, `"}`), "depth": deep,
			"an object": map[string]any{key: map[string]any{"a": "zq7hush"}}, "a list": map[string]any{key: []string{"zq7hush", "zq7hush"}},
		} {
			shown := fmt.Sprint(capturedExtra(t, v))
			NewWithT(t).Expect(shown).NotTo(ContainSubstring("zq7hush"), "%s in %s", key, where)
		}
	}
}

func TestWhatCookiesAre(t *testing.T) {
	for key, want := range map[string]any{
		"cookie": masked, "cookies": masked, "Set-Cookie": masked, "HTTP_COOKIE": masked, "myCookies": masked,
		"cookie_jar": "zq7hush", "biscuits": "zq7hush",
	} {
		g := NewWithT(t)
		got := capturedExtra(t, map[string]any{key: map[string]any{"phpsessid": "zq7hush"}})
		g.Expect(got).To(HaveKeyWithValue(key, HaveKeyWithValue("phpsessid", want)), key)
		c, rec := newRecorded(t, testDSN)
		c.CaptureMessage(t.Context(), "x", &raven.Request{Headers: map[string]string{key: "phpsessid=zq7hush"}, Env: map[string]string{key: "phpsessid=zq7hush"}})
		ev := only(t, rec)
		g.Expect(ev.at("request", "headers", key)).To(Equal(fmt.Sprint("phpsessid=", want)), "a header")
		g.Expect(ev.at("request", "env", key)).To(Equal(fmt.Sprint("phpsessid=", want)), "a variable")
	}
}

// tablePlace puts a text into an event, under a key where it has keys.
type tablePlace struct {
	name    string
	capture func(t *testing.T, c *raven.Client, key, text string)
	keyless bool
}

func eventPlace(p scrubPlace) tablePlace {
	return tablePlace{name: p.name, capture: func(t *testing.T, c *raven.Client, key, text string) {
		ev := new(raven.Event)
		p.put(ev, key, text)
		c.Capture(t.Context(), ev)
	}}
}

func placesOf(list []scrubPlace, keyless bool, names ...string) []tablePlace {
	var places []tablePlace
	for _, p := range list {
		if slices.Contains(names, p.name) {
			place := eventPlace(p)
			place.keyless = keyless
			places = append(places, place)
		}
	}
	return places
}

// namedPlaces are the places of the table's rows, by a row's first cell.
func namedPlaces() map[string][]tablePlace {
	more := []scrubPlace{
		{"body, JSON that is cut off", func(ev *raven.Event, k, s string) {
			ev.Request = &raven.Request{Data: `{"a":[1,` + strings.TrimSuffix(objectOf(k, s), "}")}
		}, nil},
		{"body, bytes", func(ev *raven.Event, k, s string) { ev.Request = &raven.Request{Data: []byte(objectOf(k, s))} }, nil},
		{"params, a map", func(ev *raven.Event, k, s string) {
			ev.Message, ev.Params = "of %v", raven.Params{map[string]any{k: s}}
		}, nil},
		{"params, a list of structs", func(ev *raven.Event, k, s string) {
			ev.Message, ev.Params = "of %v", raven.Params{[]any{struct{ In any }{map[string]string{k: s}}}}
		}, nil},
		{"params, a text of its own", func(ev *raven.Event, _, s string) { ev.Message, ev.Params = "of %v", raven.Params{speaks{s}} }, nil},
		{"params, behind many others", func(ev *raven.Event, k, s string) {
			list := make([]map[string]string, 100)
			list[99] = map[string]string{k: s}
			ev.Message, ev.Params = "of %v", raven.Params{list}
		}, nil},
		{"user's e-mail", func(ev *raven.Event, _, s string) { ev.User = &raven.User{Email: s} }, nil},
		{"culprit", func(ev *raven.Event, _, s string) { ev.Message, ev.Culprit = "x", s }, nil},
		{"lines around", func(ev *raven.Event, _, s string) {
			ev.Exceptions = []raven.Exception{{Type: "E", Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", PreContext: []string{s}, PostContext: []string{s}}}}}}
		}, nil},
	}
	type held struct {
		Note, Password string
		Key            string `json:"X-Api-Key"`
	}
	panics := []tablePlace{
		{name: "panic, a map", capture: func(t *testing.T, c *raven.Client, key, text string) {
			defer c.Recover(t.Context())
			panic(map[string]any{key: text})
		}},
		{name: "panic, a struct", capture: func(t *testing.T, c *raven.Client, key, text string) {
			defer c.Recover(t.Context())
			switch key {
			case "password":
				panic(held{Password: text})
			case "X-Api-Key":
				panic(held{Key: text})
			}
			panic(held{Note: text})
		}},
	}
	return map[string][]tablePlace{
		"extra, request data (forms, JSON even if cut off, bytes, maps), headers, env, cookies, query string": slices.Concat(
			placesOf(keyed, false, "extra", "extra, a map in it", "body, a map", "body, JSON", "body, a form", "headers", "env", "cookies", "query"),
			placesOf(more, false, "body, JSON that is cut off", "body, bytes"), placesOf(texts, true, "body"),
		),
		"variables of frames": placesOf(keyed, false, "variables"),
		"tags, user, contexts, params, breadcrumbs, mechanism data, interfaces, request URL and fragment": slices.Concat(
			placesOf(keyed, false, "tags", "user's data", "contexts", "breadcrumb's data", "mechanism's data", "interface", "URL", "fragment"),
			placesOf(more, false, "params, a map", "params, a list of structs", "params, behind many others"), placesOf(more, true, "params, a text of its own", "user's e-mail"), placesOf(texts, true, "params", "user's name", "breadcrumb's message"),
		),
		"panic values that are structs or maps":           panics,
		"messages, texts of errors, `user.id`":            placesOf(texts, true, "message", "error's text", "mechanism's description", "user's id"),
		"culprit, transaction, fingerprint, source lines": slices.Concat(placesOf(more, true, "culprit", "lines around"), placesOf(texts, true, "transaction", "fingerprint", "source")),
	}
}

// sample is a text with a secret in it, or one under a key.
type sample struct{ key, text, secret string }

var (
	underKey   = []sample{{"password", "zq7hush", "zq7hush"}, {"X-Api-Key", "zq7hush", "zq7hush"}}
	inPairs    = []sample{{"note", "login password=zq7hush ok", "zq7hush"}, {"note", "login token: zq7hush ok", "zq7hush"}}
	inURLPairs = []sample{{"note", "GET https://h.example/?a=b&password=zq7hush", "zq7hush"}}
	asNumbers  = []sample{
		{"note", "card 4111-1111-1111-1111 declined", "4111-1111-1111-1111"},
		{"note", "ssn 078-05-1120 is unknown", "078-05-1120"},
		{"note", "to DE89370400440532013000, now", "DE89370400440532013000"},
	}
	asDigits      = []sample{{"note", "1234567890123", "1234567890123"}, {"note", "1234 5678 9012 3456", "1234 5678 9012 3456"}, {"note", "n=1234567890123", "1234567890123"}}
	asCredentials = []sample{
		{"note", "sent Bearer zq7hush", "zq7hush"},
		{"note", "Basic enE3aHVzaDp6cTdodXNo", "enE3aHVzaDp6cTdodXNo"},
		{"note", "-----BEGIN PRIVATE KEY-----\nzq7hush\n-----END PRIVATE KEY-----", "zq7hush"},
		{"note", "-----BEGIN PUBLIC KEY-----\nzq7hush\n-----END PUBLIC KEY-----", "zq7hush"},
		{"note", "dial https://u:zq7hush@h.example/x", "zq7hush"},
	}
)

// expected says what a cell of the table promises of which samples.
func expected(t *testing.T, column int, cell string) (hidden, shown []sample) {
	t.Helper()
	all := [][]sample{underKey, slices.Concat(inPairs, inURLPairs), slices.Concat(asNumbers, asDigits), asCredentials}[column]
	switch {
	case cell == "yes":
		return all, nil
	case cell == "" && column != 0:
		return nil, all
	case cell == "":
		return nil, nil // the place has no keys
	case cell == "in URLs" && column == 1:
		return inURLPairs, inPairs
	case cell == "but not other numbers of 13 to 16 digits" && column == 2:
		return asNumbers, asDigits
	}
	t.Fatalf("the test does not know what the cell %q means", cell)
	return nil, nil
}

func TestTableOnThePrivacyPage(t *testing.T) {
	page, err := os.ReadFile("../docs/privacy.md")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	_, table, found := strings.Cut(string(page), "| where |")
	NewWithT(t).Expect(found).To(BeTrue())
	table, _, _ = strings.Cut(table, "\n\n")
	places := namedPlaces()
	for i, line := range strings.Split(table, "\n") {
		if i < 2 {
			continue // the rest of the heading and the rule
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		NewWithT(t).Expect(places).To(HaveKey(cells[0]))
		for _, p := range places[cells[0]] {
			t.Run(p.name, func(t *testing.T) {
				for column, cell := range cells[1:5] {
					hidden, shown := expected(t, column, cell)
					if p.keyless && column == 0 {
						continue
					}
					for _, s := range hidden {
						NewWithT(t).Expect(sends(t, p, s)).To(BeFalse(), "%s: %q is shown", s.key, s.text)
					}
					for _, s := range shown {
						NewWithT(t).Expect(sends(t, p, s)).To(BeTrue(), "%s: %q is not shown", s.key, s.text)
					}
				}
			})
		}
		delete(places, cells[0])
	}
	NewWithT(t).Expect(places).To(BeEmpty(), "rows that the page no longer has")
}

// sends reports whether a sample's secret is sent from a place.
func sends(t *testing.T, p tablePlace, s sample) bool {
	t.Helper()
	c, rec := newRecorded(t, testDSN)
	p.capture(t, c, s.key, s.text)
	NewWithT(t).Expect(rec.all()).To(HaveLen(1))
	body := string(eventJSON(t, rec.all()[0]))
	return slices.ContainsFunc(spellings(s.secret), func(form string) bool { return strings.Contains(body, form) })
}

// Data that the page lists as not masked is not masked. A rule that masks it
// requires a change of the page.
func TestNotMaskedOnThePrivacyPage(t *testing.T) {
	page := privacyPage(t)
	_, page, _ = strings.Cut(page, "## What is not masked")
	for says, capture := range map[string]func(c *raven.Client){
		"Secrets under keys with other names: `pin`, `passphrase`, `session` outside of cookies.": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "x", raven.Extra{"pin": "zq7hush", "passphrase": "zq7hush", "session": "zq7hush"})
		},
		"\"the password is x\"": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "wrong password \"zq7hush\"", raven.Extra{"a": "the password is zq7hush", "b": "wrong password \"zq7hush\""})
		},
		"in messages and errors also `password: x`": func(c *raven.Client) {
			c.Capture(t.Context(), &raven.Event{Message: "password: zq7hush", Exceptions: []raven.Exception{{Type: "E", Value: "password: zq7hush"}, {Type: "F", Value: "password: zq7hush"}}})
		},
		"arguments of commands such as `--password x`": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "x", raven.Extra{"a": "run --password zq7hush", "b": "run --password zq7hush"}, &raven.Request{Data: "<password>zq7hush</password>"})
		},
		"`https://TOKEN@host`, except in messages": func(c *raven.Client) {
			c.Capture(t.Context(), &raven.Event{Extra: raven.Extra{"a": "https://zq7hush@h.example"}, Exceptions: []raven.Exception{{Type: "E", Value: "https://zq7hush@h.example"}}, Transaction: "https://zq7hush@h.example"})
		},
		"`user:pw@tcp(host)/db`": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "user:zq7hush@tcp(h)/db", raven.Extra{"a": "user:zq7hush@tcp(h)/db", "b": "user:zq7hush@tcp(h)/db"})
		},
		"The keys of maps": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "x", raven.Extra{"Bearer zq7hush": 1, "a": map[string]any{"Bearer zq7hush": 1}}, raven.Contexts{"Bearer zq7hush": map[string]any{"a": 1}})
		},
		"logger, server name, release, distribution, environment and module versions": func(c *raven.Client) {
			text := "Bearer zq7hush"
			c.Capture(t.Context(), &raven.Event{Message: "x", Logger: text, ServerName: text, Release: "zq7hush-zq7hush", Dist: "zq7hush", Environment: "zq7hush", Modules: map[string]string{"m": text}})
		},
		"An e-mail or an IP address that you set for the user.": func(c *raven.Client) {
			c.CaptureMessage(t.Context(), "x", raven.User{Email: "zq7hush@h.example", Username: "zq7hush@h.example", IPAddress: "zq7hush"})
		},
	} {
		g := NewWithT(t)
		g.Expect(page).To(ContainSubstring(says))
		c, rec := newRecorded(t, testDSN)
		capture(c)
		g.Expect(strings.Count(string(eventJSON(t, rec.all()[0])), "zq7hush")).To(BeNumerically(">=", 3), says)
	}
}

type (
	// talks has a String method that returns a secret, and no field with a
	// secret name.
	talks struct{ Inner talked }
	// talked is a field of another name.
	talked struct{ Value string }
)

func (t talked) String() string { return "it is " + t.Value }

// Texts of values' own methods are sent unchanged.
func TestTextsOfValuesOnThePrivacyPage(t *testing.T) {
	g := NewWithT(t)
	g.Expect(privacyPage(t)).To(ContainSubstring("The text of a struct of yours, if it is part of an error's text (`fmt.Errorf(\"%v\", login)`), or if a field with another name has a `String` method that returns a secret; and unexported fields in `%v` of a message."))
	c, rec := newRecorded(t, testDSN)
	c.CaptureException(t.Context(), fmt.Errorf("of %v", login{"n", "zq7hush"}))
	c.CaptureMessage(t.Context(), "x", raven.Extra{"v": talks{talked{"zq7hush"}}})
	c.CaptureMessage(t.Context(), "of %+v", raven.Params{struct{ password string }{"zq7hush"}})
	for _, p := range rec.all() {
		g.Expect(string(eventJSON(t, p))).To(ContainSubstring("zq7hush"))
	}
}

// The alternatives on the page.
func TestWaysOutOnThePrivacyPage(t *testing.T) {
	page := privacyPage(t)
	for says, opt := range map[string]raven.Option{
		"`raven.WithProcessors(raven.SanitizeKeys(\"pin\", \"session\"))`": raven.WithProcessors(raven.SanitizeKeys("pin", "session")),
		"`raven.SanitizeKeys(\"email\", \"ip_address\")`":                  raven.WithProcessors(raven.SanitizeKeys("email", "ip_address")),
		"`raven.RemovePostData()`":                                         raven.WithProcessors(raven.RemovePostData()),
	} {
		g := NewWithT(t)
		g.Expect(page).To(ContainSubstring(says))
		c, rec := newRecorded(t, testDSN, opt)
		switch {
		case strings.Contains(says, "pin"):
			c.CaptureMessage(t.Context(), "x", raven.Extra{"pin": "zq7hush", "session": "zq7hush", "password": "zq7hush"})
		case strings.Contains(says, "email"):
			c.CaptureMessage(t.Context(), "x", raven.User{ID: "1", Email: "zq7hush@h.example", IPAddress: "10.0.0.254"})
		default:
			c.CaptureMessage(t.Context(), "x", &raven.Request{URL: "https://h.example", Data: "<pw>zq7hush</pw>"})
		}
		body := string(eventJSON(t, rec.all()[0]))
		g.Expect(body).NotTo(Or(ContainSubstring("zq7hush"), ContainSubstring("10.0.0.254")), says)
	}
	g := NewWithT(t)
	g.Expect(page).To(ContainSubstring("give them a prefix"))
	g.Expect(capturedExtra(t, []string{"1234567890123", "order-1234567890123"})).To(Equal([]any{masked, "order-1234567890123"}))
	g.Expect(capturedExtra(t, http.Header{"max_tokens": {"7"}})).To(Equal(map[string]any{"max_tokens": []any{masked}}))
	relay := readScrubbing(t)
	g.Expect(relay["key max_tokens\textra"]).To(Equal("masked"), "by Sentry too")
}
