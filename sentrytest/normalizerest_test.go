package sentrytest_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// What few events have.
func TestParseEventRest(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body string
		get        func(sentrytest.Event) any
		want       any
	}{
		{
			"template", `{"sentry.interfaces.Template":{"filename":"f","abs_path":"/f","lineno":3,"context_line":"c","pre_context":["a"],"post_context":["b"]}}`,
			func(e sentrytest.Event) any { return e.Template },
			&sentrytest.Template{Filename: "f", AbsPath: "/f", Lineno: 3, ContextLine: "c", PreContext: []string{"a"}, PostContext: []string{"b"}},
		},
		{
			"addresses", `{"stacktrace":{"registers":{"rip":"0x1"},"lang":"rust","snapshot":true,"frames":[{"instruction_addr":"0xff","symbol_addr":12,"image_addr":"1","addr_mode":"abs","symbol":"s","platform":"native","stack_start":true,"source_link":"l","lock":{"type":1}}]}}`,
			func(e sentrytest.Event) any { return e.Stacktrace },
			&sentrytest.Stacktrace{Registers: map[string]string{"rip": "0x1"}, Lang: "rust", Snapshot: true, Frames: []sentrytest.Frame{{
				InstructionAddr: "0xff", SymbolAddr: "12", ImageAddr: "1", AddrMode: "abs", Symbol: "s", Platform: "native", StackStart: true, SourceLink: "l", Lock: map[string]any{"type": 1.0},
			}}},
		},
		{
			"raw stack trace and meta", `{"exception":{"type":"E","raw_stacktrace":{"frames":[{"function":"f"}]},"mechanism":{"type":"signal","meta":{"errno":{"number":2}}}}}`,
			func(e sentrytest.Event) any { return e.Exceptions },
			[]sentrytest.Exception{{
				Type: "E", RawStacktrace: &sentrytest.Stacktrace{Frames: []sentrytest.Frame{{Function: "f"}}},
				Mechanism: &sentrytest.Mechanism{Type: "signal", Meta: map[string]any{"errno": map[string]any{"number": 2.0}}},
			}},
		},
		{"held locks", `{"threads":[{"id":1,"held_locks":{"0x1":{"type":1}}}]}`, func(e sentrytest.Event) any { return e.Threads[0].HeldLocks }, map[string]any{"0x1": map[string]any{"type": 1.0}}},
		{"debug_meta", `{"debug_meta":{"images":[]}}`, func(e sentrytest.Event) any { return e.DebugMeta }, map[string]any{"images": []any{}}},
		{"errors", `{"errors":[{"type":"clock_drift"},null]}`, func(e sentrytest.Event) any { return e.Errors }, []map[string]any{{"type": "clock_drift"}}},
		{"report", `{"type":"csp","csp":{"blocked_uri":"x"}}`, func(e sentrytest.Event) any { return e.Report }, map[string]any{"blocked_uri": "x"}},
		{"cookies that are not all in order", `{"request":{"cookies":"a=b; ; c; d=e=f","protocol":"HTTP/1.1"}}`, func(e sentrytest.Event) any { return e.Request }, sentrytest.HTTPRequest{Cookies: map[string]string{"a": "b", "d": "e=f"}, Protocol: "HTTP/1.1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			e := parse(t, c.body)
			g.Expect(c.get(e)).To(Equal(c.want))
			g.Expect(c.get(e.Clone())).To(Equal(c.want))
			g.Expect(e.Problems).To(BeEmpty())
		})
	}
}
