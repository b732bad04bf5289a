package sentrytest_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestParseEnvelope(t *testing.T) {
	t.Parallel()
	const (
		badHeader  = "invalid envelope header"
		badItem    = "invalid item header"
		newline    = "missing newline after header or payload"
		end        = "unexpected end of file"
		attachment = `{"type":"attachment"}`
	)
	cases := []struct {
		name     string
		input    string
		payloads []string // of a valid one
		err      string   // reason
	}{
		{name: "headers only", input: `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`},
		{name: "headers only, with a line end", input: "{}\n"},
		{name: "no length", input: "{}\n" + attachment + "\nabc\n", payloads: []string{"abc"}},
		{name: "no length, at the end", input: "{}\n" + attachment + "\nabc", payloads: []string{"abc"}},
		{name: "no length, carriage return", input: "{}\n" + attachment + "\nabc\r\n", payloads: []string{"abc\r"}},
		{name: "no length, empty", input: "{}\n" + attachment + "\n\n", payloads: []string{""}},
		{name: "no length, nothing behind the header's line end", input: "{}\n" + attachment + "\n", payloads: []string{""}},
		{name: "item header at the end", input: "{}\n" + attachment, payloads: []string{""}},
		{name: "null length", input: "{}\n" + `{"type":"attachment","length":null}` + "\nabc", payloads: []string{"abc"}},
		{name: "length", input: "{}\n" + `{"type":"attachment","length":7}` + "\na\nb\nc\r\n\n", payloads: []string{"a\nb\nc\r\n"}},
		{name: "length, at the end", input: "{}\n" + `{"type":"attachment","length":3}` + "\nabc", payloads: []string{"abc"}},
		{name: "length zero", input: "{}\n" + `{"type":"attachment","length":0}` + "\n\n", payloads: []string{""}},
		{name: "length zero at the end", input: "{}\n" + `{"type":"attachment","length":0}` + "\n", payloads: []string{""}},
		{name: "length zero, header at the end", input: "{}\n" + `{"type":"attachment","length":0}`, payloads: []string{""}},
		{name: "two items", input: "{}\n" + `{"type":"a","length":1}` + "\nx\n" + `{"type":"b"}` + "\ny\n", payloads: []string{"x", "y"}},
		{name: "binary payload", input: "{}\n" + `{"type":"a","length":3}` + "\n\xff\n\x00\n", payloads: []string{"\xff\n\x00"}},
		{name: "unknown attributes and types", input: `{"what":{"ever":1}}` + "\n" + `{"type":"made_up","x":[1]}` + "\n{}\n", payloads: []string{"{}"}},
		{name: "unknown attribute twice", input: `{"x":1,"x":2}`},
		{name: "white space inside a header", input: `{ "sent_at" : "2023-11-14T22:13:20.000Z" }` + "\n"},
		{name: "leading white space", input: "  {}\n\n" + attachment + "\nabc", payloads: []string{"abc"}},

		{name: "nothing at all", input: "", err: badHeader},
		{name: "not JSON", input: "nonsense\n", err: badHeader},
		{name: "not an object", input: "[]\n", err: badHeader},
		{name: "half a header", input: `{"event_id":`, err: badHeader},
		{name: "header is not UTF-8", input: "{\"x\":\"\xff\"}\n", err: badHeader},
		{name: "header field twice", input: `{"sent_at":"2023-11-14T22:13:20Z","sent_at":"2023-11-14T22:13:20Z"}`, err: badHeader},
		{name: "event_id is no UUID", input: `{"event_id":"abc"}`, err: badHeader},
		{name: "sent_at is no time", input: `{"sent_at":"yesterday"}`, err: badHeader},
		{name: "space behind the header", input: "{} \n", err: newline},
		{name: "carriage return behind the header", input: "{}\r\n", err: newline},
		{name: "space behind the item header", input: "{}\n" + attachment + " \nabc", err: newline},
		{name: "length too short", input: "{}\n" + `{"type":"attachment","length":2}` + "\nabc\n", err: newline},
		{name: "length too long", input: "{}\n" + `{"type":"attachment","length":4}` + "\nabc", err: end},
		{name: "length without payload", input: "{}\n" + `{"type":"attachment","length":4}`, err: end},
		{name: "blank line at the end", input: "{}\n" + attachment + "\nabc\n\n", err: end},
		{name: "white space at the end", input: "{}\n" + attachment + "\nabc\n  ", err: end},
		{name: "blank line without items", input: "{}\n\n", err: end},
		{name: "negative length", input: "{}\n" + `{"type":"a","length":-1}` + "\n", err: badItem},
		{name: "fractional length", input: "{}\n" + `{"type":"a","length":1.0}` + "\nx", err: badItem},
		{name: "length as text", input: "{}\n" + `{"type":"a","length":"1"}` + "\nx", err: badItem},
		{name: "length beyond all bounds", input: "{}\n" + `{"type":"a","length":99999999999999999999}` + "\nx", err: badItem},
		{name: "no type", input: "{}\n" + `{"length":1}` + "\nx", err: badItem},
		{name: "type is no string", input: "{}\n" + `{"type":1}` + "\nx", err: badItem},
		{name: "filename is no string", input: "{}\n" + `{"type":"a","filename":1}` + "\nx", err: badItem},
		{name: "content_type is no string", input: "{}\n" + `{"type":"a","content_type":[]}` + "\nx", err: badItem},
		{name: "attachment_type is no string", input: "{}\n" + `{"type":"a","attachment_type":{}}` + "\nx", err: badItem},
		{name: "item_count is no count", input: "{}\n" + `{"type":"a","item_count":"1"}` + "\nx", err: badItem},
		{name: "null type", input: "{}\n" + `{"type":null}` + "\nx", err: badItem},
		{name: "dsn is no string", input: `{"dsn":1}`, err: badHeader},
		{name: "dsn without key", input: `{"dsn":"http://h/1"}`, err: badHeader},
		{name: "dsn of another scheme", input: `{"dsn":"ftp://k@h/1"}`, err: badHeader},
		{name: "item header is not JSON", input: "{}\nnonsense\n", err: badItem},
		{name: "half an item header", input: "{}\n" + `{"type":"a"`, err: badItem},
		{name: "item header field twice", input: "{}\n" + `{"type":"a","type":"b"}` + "\n", err: badItem},
	}
	srv := sentrytest.NewServer(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			e, err := sentrytest.ParseEnvelope([]byte(c.input))
			r := envelope(t, srv, c.input)
			if c.err != "" {
				var parse *sentrytest.EnvelopeError
				g.Expect(errors.As(err, &parse)).To(BeTrue(), "%v", err)
				g.Expect(parse.Reason).To(Equal(c.err))
				g.Expect(r.Status).To(Equal(400))
				detail, causes := r.detail(t)
				g.Expect(detail).To(Equal("invalid event envelope"))
				g.Expect(causes[0]).To(Equal(c.err))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Status).To(Equal(200))
			var payloads []string
			for _, item := range e.Items {
				payloads = append(payloads, string(item.Payload))
			}
			g.Expect(payloads).To(Equal(c.payloads))
			g.Expect(string(e.Raw)).To(Equal(c.input))
		})
	}
}

// An envelope with items of several kinds.
func TestParseEnvelopeExample(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	const example = `{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","sent_at":"2023-11-14T22:13:20.000Z","sdk":{"name":"raven.go","version":"0.1.0"}}` + "\n" +
		`{"type":"event","length":41}` + "\n" +
		`{"message":"hello world","level":"error"}` + "\n" +
		`{"type":"attachment","length":13,"filename":"a.txt","content_type":"text/plain"}` + "\n" +
		"line1\nline2\r\n\n" +
		`{"type":"client_report"}` + "\n" +
		`{"timestamp":1700000000.5,"discarded_events":[{"reason":"ratelimit_backoff","category":"error","quantity":3}]}` + "\n"
	e, err := sentrytest.ParseEnvelope([]byte(example))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.EventID).To(Equal("9ec79c33ec9942ab8353589fcb2e04dc"))
	g.Expect(e.SentAt).To(BeTemporally("==", time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)))
	g.Expect(e.SDK).To(Equal(sentrytest.SDK{Name: "raven.go", Version: "0.1.0"}))
	g.Expect(e.Items).To(HaveLen(3))
	file := e.ItemsOfType("attachment")[0]
	g.Expect(file.Filename).To(Equal("a.txt"))
	g.Expect(file.ContentType).To(Equal("text/plain"))
	g.Expect(string(file.Payload)).To(Equal("line1\nline2\r\n"))
	g.Expect(e.ItemsOfType("transaction")).To(BeEmpty())

	srv := sentrytest.NewServer(t)
	r := envelope(t, srv, example)
	g.Expect(r.Body).To(Equal(`{"id":"9ec79c33ec9942ab8353589fcb2e04dc"}`))
	got := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("hello world"))
	g.Expect(got.EventID).To(Equal(e.EventID))
	g.Expect(srv.Envelopes()[0].Items).To(HaveLen(3))
}

func TestEnvelopeErrorText(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := sentrytest.ParseEnvelope([]byte("{}\n" + `{"type":"a","length":-1}` + "\n"))
	g.Expect(err).To(MatchError("sentrytest: invalid item header at byte 3: length is not a non-negative integer: -1"))
	_, err = sentrytest.ParseEnvelope([]byte("{} \n"))
	g.Expect(err).To(MatchError("sentrytest: missing newline after header or payload at byte 2"))
}

// An sdk is read whole, plain or not.
func TestEnvelopeSDK(t *testing.T) {
	t.Parallel()
	for sdk, want := range map[string]sentrytest.SDK{
		`{"name":"raven.go","version":"1.0"}`: {Name: "raven.go", Version: "1.0"},
		`{"name":"a\u002fb","version":2}`:     {Name: "a/b"},
		`{"name":"x","integrations":["http"],"packages":[{"name":"go:x","version":"3"}]}`: {
			Name: "x", Integrations: []string{"http"}, Packages: []sentrytest.Package{{Name: "go:x", Version: "3"}},
		},
		`null`: {}, `7`: {}, `[]`: {}, `"x"`: {}, `"{"`: {}, `[""]`: {}, `["",{"name":"x"}]`: {},
	} {
		g := NewWithT(t)
		e, err := sentrytest.ParseEnvelope([]byte(`{"sdk":` + sdk + `}`))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.SDK).To(Equal(want), sdk)
	}
}

// sent_at is read as Relay does, which is wider than RFC 3339.
func TestEnvelopeSentAt(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 28, 11, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-11-28T11:00:00Z", "2026-11-28T12:00:00+01:00", "2026-11-28T11:00:00+0000", "2026-11-28 11:00:00Z", "2026-11-28 11:00:00 +00:00", "2026-11-28t11:00:00z",
	} {
		g := NewWithT(t)
		e, err := sentrytest.ParseEnvelope([]byte(`{"sent_at":"` + text + `"}`))
		g.Expect(err).NotTo(HaveOccurred(), text)
		g.Expect(e.SentAt).To(Equal(want), text)
	}
	for _, text := range []string{"2026-11-28T11:00:00", "2026-11-28", "1795863600", "2026-13-28T11:00:00Z", "yesterday"} {
		_, err := sentrytest.ParseEnvelope([]byte(`{"sent_at":"` + text + `"}`))
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("sent_at is not a time of RFC 3339: ")), text)
	}
}
