package raven_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

// packagesOf names the variable with the folder into which Python's package
// sentry-relay was installed, and updateScrubbing the one that asks to write
// its answers into testdata. `.ci/scrubbing` sets both.
const (
	packagesOf      = "SENTRY_RELAY_PACKAGES"
	updateScrubbing = "SENTRY_RELAY_UPDATE"
)

// byKey are keys, secret ones and others.
var byKey = strings.Fields(`password passwd PASSWORD old_password password_confirmation db_password secret client_secret secret_key
	api_key apikey api-key apiKey X-Api-Key authorization Authorization Proxy-Authorization auth x-auth oauth oauth_verifier
	token auth_token authToken X-Auth-Token access_token accessToken refresh_token id_token csrftoken csrf_token X-CSRF-Token xsrf_token
	credentials aws_credentials mysql_pwd otp OTP two_factor two-factor private_key privatekey privateKey private-key stripetoken stripeToken
	max_tokens authenticated sentry_dsn author authority tokenizer name pin passphrase pwd csrf session jwt user_id`)

// byCookie are names of cookies.
var byCookie = strings.Fields(`sentrysid sudo su session __session sessionid user_session symfony phpsessid PHPSESSID fasthttpsessionid mysession
	irissessionid _vercel_jwt csrf xsrf _xsrf _csrf csrf-token csrf_token xsrf-token xsrf_token fastcsrf _iris_csrf connect.sid theme lang`)

// byText are values that give themselves away, and others: the text, and the
// secret in it.
var byText = [][2]string{
	{"Bearer zq7hush", "zq7hush"},
	{"sent bearer zq7hush twice", "zq7hush"},
	{"Basic enE3aHVzaDp6cTdodXNo", "enE3aHVzaDp6cTdodXNo"},
	{"-----BEGIN PRIVATE KEY-----\nzq7hush\n-----END PRIVATE KEY-----", "zq7hush"},
	{"key -----BEGIN RSA PRIVATE KEY-----\nzq7hush\n-----END RSA PRIVATE KEY-----", "zq7hush"},
	{"-----BEGIN EC PRIVATE KEY-----\nzq7hush", "zq7hush"},
	{"-----BEGIN PUBLIC KEY-----\nzq7hush\n-----END PUBLIC KEY-----", "zq7hush"},
	{"-----BEGIN CERTIFICATE-----\nzq7hush\n-----END CERTIFICATE-----", "zq7hush"},
	{"4242424242424242", "4242424242424242"},
	{"4571234567890111", "4571234567890111"},
	{"card 4111-1111-1111-1111 declined", "4111-1111-1111-1111"},
	{"card 4111 1111 1111 1111 declined", "4111 1111 1111 1111"},
	{"paid with 371449635398431", "371449635398431"},
	{"paid with 5555555555554444.", "5555555555554444"},
	{"6011000990139424", "6011000990139424"},
	{"2223003122003222", "2223003122003222"},
	{"order 1234567890123456 failed", "1234567890123456"},
	{"078-05-1120", "078-05-1120"},
	{"ssn 078-05-1120 is unknown", "078-05-1120"},
	{"DE89370400440532013000", "DE89370400440532013000"},
	{"to GB29NWBK60161331926819, now", "GB29NWBK60161331926819"},
	{"DE89 3704 0044 0532 0130 00", "3704 0044 0532"},
	{"https://u:zq7hush@h.example/x", "zq7hush"},
	{"dial postgres://u:zq7hush@h.example:5432/db failed", "zq7hush"},
	{"https://zq7hush@h.example/x", "zq7hush"},
	{"mail zq7hush@example.com", "zq7hush@example.com"},
	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6cTdodXNoIn0.c2lnbmF0dXJl", "eyJzdWIiOiJ6cTdodXNoIn0"},
	{"the password is zq7hush", "zq7hush"},
	{"authentication of zq7hush failed", "zq7hush"},
	{"zq7hush wrote the secret report", "zq7hush"},
	{"zq7hush", "zq7hush"},
}

// scrubPlace puts a text into an event, under a key where that has keys.
type scrubPlace struct {
	name string
	put  func(ev *raven.Event, key, text string)
	// form is what becomes of a key and a text in a place that has no keys.
	form func(key, text string) string
}

func vars(bag map[string]any) *raven.Stacktrace {
	return &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Module: "m", Vars: bag}}}
}

// keyed are the places that have keys of the user's.
var keyed = []scrubPlace{
	{"extra", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{k: s} }, nil},
	{"extra, a map in it", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{"a": map[string]any{k: s}} }, nil},
	{"extra, maps in a list", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{"a": []any{map[string]string{k: s}}} }, nil},
	{"extra, a list", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{k: []string{s}} }, nil},
	{"extra, raw JSON", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{"a": json.RawMessage(objectOf(k, s))} }, nil},
	{"extra, a map of cookies", func(ev *raven.Event, k, s string) { ev.Extra = raven.Extra{"cookies": map[string]any{k: s}} }, nil},
	{"tags", func(ev *raven.Event, k, s string) { ev.Tags = raven.Tags{k: s} }, nil},
	{"contexts", func(ev *raven.Event, k, s string) { ev.Contexts = raven.Contexts{"own": map[string]any{k: s}} }, nil},
	{"user's data", func(ev *raven.Event, k, s string) { ev.User = &raven.User{ID: "1", Data: map[string]any{k: s}} }, nil},
	{"breadcrumb's data", func(ev *raven.Event, k, s string) {
		ev.Breadcrumbs = []raven.Breadcrumb{{Message: "x", Data: map[string]any{k: s}}}
	}, nil},
	{"variables", func(ev *raven.Event, k, s string) {
		ev.Exceptions = []raven.Exception{{Type: "E", Value: "x", Stacktrace: vars(map[string]any{k: s})}}
	}, nil},
	{"mechanism's data", func(ev *raven.Event, k, s string) {
		ev.Exceptions = []raven.Exception{{Type: "E", Value: "x", Mechanism: &raven.Mechanism{Data: map[string]any{k: s}}}}
	}, nil},
	{"body, a map", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Data: map[string]any{k: s}}
	}, nil},
	{"body, JSON", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Data: objectOf(k, s)}
	}, nil},
	{"body, a form", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Data: url.QueryEscape(k) + "=" + url.QueryEscape(s) + "&a=b"}
	}, nil},
	{"headers", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Headers: map[string]string{k: s}}
	}, nil},
	{"env", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Env: map[string]string{k: s}}
	}, nil},
	{"query", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", QueryString: "a=b&" + url.QueryEscape(k) + "=" + url.QueryEscape(s)}
	}, nil},
	{"URL", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example/x?a=b&" + url.QueryEscape(k) + "=" + url.QueryEscape(s)}
	}, nil},
	{"fragment", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Fragment: url.QueryEscape(k) + "=" + url.QueryEscape(s)}
	}, nil},
	{"cookies", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Cookies: "a=b; " + k + "=" + url.QueryEscape(s)}
	}, nil},
	{"header Cookie", func(ev *raven.Event, k, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Headers: map[string]string{"Cookie": k + "=" + url.QueryEscape(s) + "; a=b"}}
	}, nil},
	{"interface", func(ev *raven.Event, k, s string) { ev.Interfaces = map[string]any{"my.Thing": map[string]any{k: s}} }, nil},
}

// texts are the places of a text.
var texts = []scrubPlace{
	{"message", func(ev *raven.Event, _, s string) { ev.Message = s }, nil},
	{"params", func(ev *raven.Event, _, s string) { ev.Message, ev.Params = "of %s", raven.Params{s} }, nil},
	{"error's text", func(ev *raven.Event, _, s string) { ev.Exceptions = []raven.Exception{{Type: "E", Value: s}} }, nil},
	{"mechanism's description", func(ev *raven.Event, _, s string) {
		ev.Exceptions = []raven.Exception{{Type: "E", Value: "x", Mechanism: &raven.Mechanism{Description: s}}}
	}, nil},
	{"breadcrumb's message", func(ev *raven.Event, _, s string) { ev.Breadcrumbs = []raven.Breadcrumb{{Message: s}} }, nil},
	{"user's id", func(ev *raven.Event, _, s string) { ev.User = &raven.User{ID: s} }, nil},
	{"user's name", func(ev *raven.Event, _, s string) { ev.User = &raven.User{Username: s, Name: s} }, nil},
	{"body", func(ev *raven.Event, _, s string) { ev.Request = &raven.Request{URL: "https://h.example", Data: s} }, nil},
	{"header User-Agent", func(ev *raven.Event, _, s string) {
		ev.Request = &raven.Request{URL: "https://h.example", Headers: map[string]string{"User-Agent": s}}
	}, nil},
	{"path", func(ev *raven.Event, _, s string) {
		ev.Request = &raven.Request{URL: "https://h.example/" + url.PathEscape(s)}
	}, nil},
	{"transaction", func(ev *raven.Event, _, s string) { ev.Message, ev.Transaction = "x", s }, nil},
	{"fingerprint", func(ev *raven.Event, _, s string) { ev.Message, ev.Fingerprint = "x", raven.Fingerprint{s} }, nil},
	{"source", func(ev *raven.Event, _, s string) {
		ev.Exceptions = []raven.Exception{{Type: "E", Value: "x", Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Module: "m", Lineno: 1, ContextLine: s}}}}}
	}, nil},
	{"logger", func(ev *raven.Event, _, s string) { ev.Message, ev.Logger = "x", s }, nil},
}

// forms are those of a key and a value in a text.
var forms = []scrubPlace{
	{"key=value", nil, func(k, s string) string { return "login " + k + "=" + s + " ok" }},
	{"key: value", nil, func(k, s string) string { return "login " + k + ": " + s + " ok" }},
	{"JSON", nil, objectOf},
	{"URL", nil, func(k, s string) string { return "GET https://h.example/?a=b&" + k + "=" + s }},
}

func objectOf(k, s string) string {
	object, _ := json.Marshal(map[string]string{k: s})
	return string(object)
}

// scrubPair is a secret and a place.
type scrubPair struct {
	what, where string
	event       *raven.Event
	secret      string
}

// scrubPairs is the corpus.
func scrubPairs() []scrubPair {
	var pairs []scrubPair
	add := func(what, secret string, p scrubPlace, where, key, text string) {
		ev := new(raven.Event)
		p.put(ev, key, text)
		pairs = append(pairs, scrubPair{what, where, ev, secret})
	}
	const secret = "zq7hush"
	for _, key := range byKey {
		for _, p := range keyed {
			add("key "+key, secret, p, p.name, key, secret)
		}
		for _, p := range slices.Concat(keyed[:1], texts[:1], texts[2:3], texts[4:5], texts[7:8]) {
			for _, form := range forms {
				add("key "+key, secret, p, p.name+", "+form.name, "note", form.form(key, secret))
			}
		}
	}
	for _, key := range byCookie {
		for _, p := range keyed {
			if strings.Contains(strings.ToLower(p.name), "cookie") {
				add("cookie "+key, secret, p, p.name, key, secret)
			}
		}
	}
	for _, text := range byText {
		for _, p := range keyed {
			add(fmt.Sprintf("%q", text[0]), text[1], p, p.name, "note", text[0])
		}
		for _, p := range texts {
			add(fmt.Sprintf("%q", text[0]), text[1], p, p.name, "", text[0])
		}
	}
	return pairs
}

// spellings are the forms in which a secret may be in an event.
func spellings(secret string) []string {
	return []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
}

// leftOut says why Relay masks what we do not, if it is meant to.
func leftOut(p scrubPair) string {
	switch p.what {
	case "key author", "key authority", "key tokenizer":
		return "words that merely begin like a secret key"
	case `"the password is zq7hush"`, `"authentication of zq7hush failed"`, `"zq7hush wrote the secret report"`:
		return "prose that has the word of a secret key in it"
	}
	return ""
}

func TestAtLeastWhatSentryMasks(t *testing.T) {
	g := NewWithT(t)
	pairs := scrubPairs()
	client, rec := newRecorded(t, testDSN)
	for _, p := range pairs {
		client.Capture(t.Context(), p.event)
	}
	answers := readScrubbing(t)
	if packages := os.Getenv(packagesOf); packages != "" {
		answers = askRelay(t, pairs, packages, answers)
	}
	var both, ours, theirs, neither int
	left := make(map[string]int)
	onlyOurs := make(map[string]bool)
	for i, p := range pairs {
		shown := slices.ContainsFunc(spellings(p.secret), func(form string) bool { return bytes.Contains(eventJSON(t, rec.all()[i]), []byte(form)) })
		switch answer := answers[p.what+"\t"+p.where]; {
		case answer == "gone":
		case answer != "masked" && shown:
			neither++
		case answer != "masked":
			ours++
			onlyOurs[p.where] = true
		case !shown:
			both++
		case leftOut(p) == "":
			t.Errorf("%s in %s is masked by Sentry and not by us", p.what, p.where)
		default:
			theirs++
			left[leftOut(p)]++
		}
	}
	page, err := os.ReadFile("../docs/privacy.md")
	g.Expect(err).NotTo(HaveOccurred())
	figures := fmt.Sprintf("| %d | %d | %d | %d | %d |", both+ours+theirs+neither, both, ours, theirs, neither)
	g.Expect(strings.Contains(string(page), figures)).To(BeTrue(), "docs/privacy.md has other figures than %s", figures)
	for says, where := range map[string]string{
		"tags": "tags", "the texts of errors": "error's text", "queries of URLs in messages": "message, URL",
		"the header User-Agent": "header User-Agent", "transactions": "transaction", "fingerprints": "fingerprint",
	} {
		g.Expect(privacyPage(t)).To(MatchRegexp(`We alone mask, among others,[^.]*` + says))
		g.Expect(onlyOurs).To(HaveKey(where))
	}
	for why, n := range left {
		g.Expect(strings.Contains(string(page), fmt.Sprintf("(%d pairs)", n))).To(BeTrue(), "docs/privacy.md has another figure than %d: %s", n, why)
	}
}

const scrubbingFile = "testdata/scrubbing.txt"

// readScrubbing reads what Relay has answered: for each secret, a line for the
// places where it is masked and one for those that it leaves out.
func readScrubbing(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.ReadFile(scrubbingFile)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	answers := make(map[string]string)
	for line := range strings.Lines(string(file)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) > 2 {
			for _, where := range fields[2:] {
				answers[fields[1]+"\t"+where] = fields[0]
			}
		}
	}
	return answers
}

// askRelay asks Relay anew, and fails the test if it answers something else
// than in the file.
func askRelay(t *testing.T, pairs []scrubPair, packages string, known map[string]string) map[string]string {
	t.Helper()
	g := NewWithT(t)
	client, rec := newRecorded(t, testDSN, raven.WithoutDefaultProcessors())
	var questions bytes.Buffer
	for i, p := range pairs {
		client.Capture(t.Context(), p.event)
		line, err := json.Marshal(map[string]any{"event": json.RawMessage(eventJSON(t, rec.all()[i])), "forms": spellings(p.secret)})
		g.Expect(err).NotTo(HaveOccurred())
		questions.Write(append(line, '\n'))
	}
	python := exec.CommandContext(t.Context(), "python3", filepath.Join("testdata", "scrubbing.py"))
	python.Env = append(os.Environ(), "PYTHONPATH="+packages)
	python.Stdin, python.Stderr = &questions, os.Stderr
	said, err := python.Output()
	g.Expect(err).NotTo(HaveOccurred())
	words := strings.Fields(string(said))
	g.Expect(words).To(HaveLen(len(pairs)))

	answers := make(map[string]string)
	lines := make(map[string][]string)
	var order []string
	for i, p := range pairs {
		if words[i] == "shown" {
			continue
		}
		answers[p.what+"\t"+p.where] = words[i]
		line := words[i] + "\t" + p.what
		if lines[line] == nil {
			order = append(order, line)
		}
		lines[line] = append(lines[line], p.where)
	}
	if os.Getenv(updateScrubbing) != "" {
		file := []byte("# What Sentry's own scrubbing masks by default of the pairs in scrubbing_test.go, and what its normalisation leaves out.\n" +
			"# Written by `.ci/scrubbing update`.\n")
		for _, line := range order {
			file = fmt.Appendf(file, "%s\t%s\n", line, strings.Join(lines[line], "\t"))
		}
		g.Expect(os.WriteFile(scrubbingFile, file, 0o644)).To(Succeed())
		return answers
	}
	g.Expect(answers).To(Equal(known), "Relay answers something else than %s has; run `.ci/scrubbing update`", scrubbingFile)
	return answers
}
