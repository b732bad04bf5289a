package sentrytest_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// The grammar of envelopes, row by row, over HTTP; and what the
// servers that differ make of the row.
func TestEnvelopeConformance(t *testing.T) {
	t.Parallel()
	const (
		id         = `{"event_id":"` + vectorID + `"}`
		attachment = `{"type":"attachment"}`
		newline    = "missing newline after header or payload"
		end        = "unexpected end of file"
		badItem    = "invalid item header"
		badHeader  = "invalid envelope header"
	)
	type row struct {
		body     string
		payloads []string // of an accepted envelope, joined by "|" when printed
		cause    string   // of a refused one
	}
	accepted := func(body string, payloads ...string) row { return row{body: body, payloads: payloads} }
	refused := func(body, cause string) row { return row{body: body, cause: cause} }
	table := []struct {
		input   string
		rows    []row
		options []sentrytest.Option
	}{
		{input: "headers only, with or without final line end", rows: []row{accepted(id), accepted(id + "\n")}},
		{input: "{} envelope header", rows: []row{accepted("{}\n"+`{"type":"session"}`+"\n{}", "{}")}},
		{input: "item, no length", rows: []row{
			accepted("{}\n"+attachment+"\na\n", "a"), accepted("{}\n"+attachment+"\na", "a"), accepted("{}\n"+attachment+"\na\r\n", "a\r"),
			accepted("{}\n"+attachment+"\n\n", ""),
		}},
		{input: "item header at EOF without newline", rows: []row{accepted("{}\n"+attachment, "")}},
		{
			input: "item header at EOF without newline, Bugsink", options: []sentrytest.Option{sentrytest.Differ(sentrytest.BugsinkRules())},
			rows: []row{refused("{}\n"+attachment, newline)},
		},
		{input: "length = n", rows: []row{
			accepted("{}\n"+`{"type":"attachment","length":4}`+"\na\nb\n\n"+attachment+"\nc", "a\nb\n", "c"),
			accepted("{}\n"+`{"type":"attachment","length":1}`+"\na", "a"),
			refused("{}\n"+`{"type":"attachment","length":1}`+"\nab\n", newline),
		}},
		{input: "n beyond EOF", rows: []row{refused("{}\n"+`{"type":"attachment","length":3}`+"\nab", end)}},
		{input: "negative, fractional or string length", rows: []row{
			refused("{}\n"+`{"type":"session","length":-1}`+"\n{}", badItem), refused("{}\n"+`{"type":"session","length":1.5}`+"\n{}", badItem),
			refused("{}\n"+`{"type":"session","length":"2"}`+"\n{}", badItem),
		}},
		{input: "missing type", rows: []row{refused("{}\n{}\n{}", badItem)}},
		{input: "invalid JSON item header", rows: []row{refused("{}\n{type}\n{}", badItem)}},
		{input: "header followed by a space or \\r", rows: []row{
			refused("{} \n"+attachment+"\na", newline), refused("{}\r\n"+attachment+"\na", newline), refused("{}\n"+attachment+"\r\na", newline),
		}},
		{input: "white space and line ends within a header, and before it", rows: []row{
			accepted("{ \"sdk\":\n{} }\n{\n\"type\": \"attachment\"}\na", "a"), accepted(" {}\n "+attachment+"\na", "a"),
		}},
		{input: "one extra blank line at the end", rows: []row{
			refused("{}\n"+attachment+"\na\n\n", end), refused("{}\n"+attachment+"\na\n \t", end), refused("{}\n\n", end),
		}},
		{
			input: "one extra blank line at the end, sentry-python and sentry-testkit", options: []sentrytest.Option{sentrytest.Differ(sentrytest.Rules{TolerateBlankLines: true})},
			rows: []row{accepted("{}\n"+attachment+"\na\n\n", "a"), accepted("{}\n\n")},
		},
		{input: "truncated length-prefixed payload", rows: []row{refused(id+"\n"+`{"type":"event","length":41}`+"\n"+`{"message":"hello`, end)}},
		{input: "wrong length", rows: []row{refused(id+"\n"+`{"type":"event","length":2}`+"\n"+`{"message":"hello"}`+"\n", newline)}},
		{input: "non-UTF8 or non-JSON envelope header", rows: []row{
			refused("{\"dsn\":\"\xff\"}\n", badHeader), refused("nonsense\n", badHeader), refused("", badHeader),
		}},
		{input: "duplicate known header key", rows: []row{
			refused(`{"sent_at":"2023-11-14T22:13:20Z","sent_at":"2023-11-14T22:13:20Z"}`, badHeader),
			refused("{}\n"+`{"type":"session","type":"session"}`+"\n{}", badItem),
		}},
		{input: "unknown header attributes", rows: []row{accepted(`{"x":1}`+"\n"+`{"type":"session","y":[2]}`+"\n{}", "{}")}},
		{input: "unknown item type", rows: []row{accepted("{}\n"+`{"type":"made_up","length":3}`+"\n\x00\n\xff", "\x00\n\xff")}},
		{input: "item type integration", rows: []row{refused("{}\n"+`{"type":"integration"}`+"\n{}", `item type "integration"`)}},
		{input: "event_id missing but an item needs one", rows: []row{accepted("{}\n"+`{"type":"event"}`+"\n{}", "{}")}},
		{
			input: "event_id missing but an item needs one, Bugsink", options: []sentrytest.Option{sentrytest.Differ(sentrytest.BugsinkRules())},
			rows: []row{refused("{}\n"+`{"type":"event"}`+"\n{}", "event_id is missing, and item event needs it")},
		},
		{input: "envelope event_id differs from the payload's", rows: []row{accepted(id+"\n"+`{"type":"event"}`+"\n"+`{"event_id":"00000000000040008000000000000001"}`, `{"event_id":"00000000000040008000000000000001"}`)}},
		{input: "envelope empty", rows: []row{accepted("{}")}},
	}
	for _, entry := range table {
		t.Run(entry.input, func(t *testing.T) {
			t.Parallel()
			for _, row := range entry.rows {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, entry.options...)
				r := envelope(t, srv, row.body)
				if row.cause != "" {
					g.Expect(r.Status).To(Equal(400), "%q", row.body)
					detail, causes := r.detail(t)
					g.Expect(detail).To(Or(Equal("invalid event envelope"), Equal("envelope contains internal items")))
					g.Expect(causes[0]).To(Equal(row.cause), "%q", row.body)
					g.Expect(srv.Envelopes()).To(BeEmpty())
					continue
				}
				g.Expect(r.Status).To(Equal(200), "%q: %s", row.body, r.Body)
				got := srv.Envelopes()[0]
				var payloads []string
				for _, item := range got.Items {
					payloads = append(payloads, string(item.Payload))
				}
				g.Expect(payloads).To(Equal(row.payloads), "%q", row.body)
				if strings.HasPrefix(row.body, id) {
					g.Expect(r.Body).To(Equal(`{"id":"` + vectorID + `"}`))
				}
				for _, e := range srv.Events() {
					g.Expect(e.EventID).To(Equal(got.EventID), "the envelope's id wins, and one is made up where there is none")
					g.Expect(e.EventID).To(HaveLen(32))
				}
			}
		})
	}
}
