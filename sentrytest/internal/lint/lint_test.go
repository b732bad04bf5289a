package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
)

// found lists what is found in an event that is read without a problem.
func found(raw string, about lint.Context) []string {
	about.MaxSize = 1 << 20
	f := lint.Event([]byte(raw), about, func(map[string]any) []lenient.Problem { return nil })
	var lines []string
	for _, one := range f.Found {
		lines = append(lines, fmt.Sprintf("%d %s %s", one.Severity, one.Path, one.Rule))
	}
	return lines
}

// good has what the documentation requires.
const good = `"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":1700000000,"platform":"go"`

func TestEvent(t *testing.T) {
	t.Parallel()
	for attributes, want := range map[string]string{
		`"level":"error"`:    "",
		`"level":40`:         "0 level deprecated",
		`"nonsense":1`:       "1 nonsense invalid_attribute",
		`"user":{}`:          "",
		`"platform":"cobol"`: "1 platform invalid_data",
		`"logger":"` + strings.Repeat("x", 65) + `"`:                                       "1 logger truncated",
		`"dist":"` + strings.Repeat("x", 65) + `"`:                                         "1 dist value_too_long",
		`"tags":{"a b":"x","release":"y"}`:                                                 "0 tags.release dropped",
		`"exception":{"type":"E"}`:                                                         "0 exception deprecated",
		`"exception":{"values":[{"module":"m"}]}`:                                          "1 exception.values.0 missing_attribute",
		`"contexts":{"trace":{"trace_id":"` + strings.Repeat("0", 32) + `","span_id":""}}`: "1 contexts.trace.span_id invalid_data",
		`"metadata":{}`: "0 metadata dropped",
	} {
		NewWithT(t).Expect(strings.Join(found("{"+good+","+attributes+"}", lint.Context{}), "\n")).To(ContainSubstring(want), attributes)
		if want == "" {
			NewWithT(t).Expect(found("{"+good+","+attributes+"}", lint.Context{})).To(BeEmpty(), attributes)
		}
	}
	g := NewWithT(t)
	g.Expect(found(`[]`, lint.Context{})).To(Equal([]string{"2  json"}))
	g.Expect(found(`{}`, lint.Context{})).To(Equal([]string{"0 event_id missing_attribute", "0 timestamp missing_attribute", "0 platform missing_attribute"}))
	g.Expect(found(`{}`, lint.Context{Made: true})).To(BeEmpty())
	g.Expect(found("{"+good+`}`+strings.Repeat(" ", 1<<20), lint.Context{})).To(Equal([]string{"2  size_limit"}))
}

func TestEventClock(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	at := time.Unix(1700000000, 0)
	g.Expect(found("{"+good+"}", lint.Context{Received: at.Add(time.Hour)})).To(BeEmpty())
	g.Expect(found("{"+good+"}", lint.Context{Received: at.Add(-time.Hour)})).To(Equal([]string{"1 timestamp future_timestamp"}))
	g.Expect(found("{"+good+"}", lint.Context{Received: at.AddDate(0, 0, 31)})).To(Equal([]string{"1 timestamp past_timestamp"}))
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	about := lint.Context{ItemType: "transaction", Envelope: true}
	const trace = `"contexts":{"trace":{"trace_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","span_id":"ad850ee518f1b9d0"}}`
	g.Expect(found("{"+good+`,"start_timestamp":1699999999,`+trace+"}", about)).To(BeEmpty())
	g.Expect(found("{"+good+`,"start_timestamp":1700000001}`, about)).To(ConsistOf(
		"2 timestamp transaction", "2 contexts.trace transaction",
	))
	g.Expect(found("{"+good+`,"start_timestamp":1,`+trace+`,"spans":[{}]}`, about)).To(HaveLen(3))
}

// What is found is bounded, and how much is left out is known.
func TestListIsBounded(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	f := &lint.List{}
	for range lint.Max + 3 {
		f.Add(lint.Info, "a", lint.Dropped, lint.Absent{}, "n %d", 1)
	}
	g.Expect(f.Found).To(HaveLen(lint.Max))
	g.Expect(f.More).To(Equal(3))
	g.Expect(f.Found[0]).To(Equal(lint.Finding{Path: "a", Rule: "dropped", Message: "n 1"}))
}

func TestPayload(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	p := lint.ReadPayload([]byte(`{"status":"odd","trace_id":"12","n":"x"}`))
	g.Expect(p.Word("status", "ok", "error")).To(Equal("odd"))
	g.Expect(p.ID("trace_id", 32)).To(Equal("12"))
	p.Integer("n")
	p.Needs("release", "status")
	var lines []string
	for _, one := range p.Findings().Found {
		lines = append(lines, fmt.Sprintf("%d %s %s %s", one.Severity, one.Path, one.Rule, one.Value))
	}
	g.Expect(lines).To(Equal([]string{`2 status item "odd"`, `2 trace_id item "12"`, "2 release item ", `1 n invalid_data "x"`}))
	g.Expect(lint.ReadPayload([]byte(`[`)).Readable()).To(BeFalse())
}

func TestContainer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	all := lint.ReadContainer([]byte(`{"items":[{"a":[1]},2]}`))
	g.Expect(all).To(HaveLen(2))
	g.Expect(string(all[0].Raw)).To(Equal(`{"a":[1]}`))
	g.Expect(all[0].Text("a")).To(BeEmpty())
	g.Expect(all[0].Findings().Found[0]).To(Equal(lint.Finding{
		Severity: lint.Warning, Path: "items.0.a", Rule: "invalid_data", Value: "[1]", Message: "expected a string",
	}))
	g.Expect(all[1].Broken).To(BeTrue())
	n, ok := lint.Entries([]byte(`{"items":[{},{}]}`))
	g.Expect(ok).To(BeTrue())
	g.Expect(n).To(Equal(2))
	broken := lint.ReadContainer([]byte(`{"items":1}`))
	g.Expect(broken).To(HaveLen(1))
	g.Expect(broken[0].Broken).To(BeTrue())
}
