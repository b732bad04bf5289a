package sentrytest_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// thrown is an exception with a stack trace, as JSON.
func thrown(value, function string, line string) string {
	return `{"exception":[{"type":"BankError","value":"` + value + `","stacktrace":{"frames":[
		{"function":"goexit","module":"runtime","in_app":false,"lineno":` + line + `},
		{"function":"main","module":"main","in_app":true},
		{"function":"` + function + `","module":"example.com/shop","in_app":true,"lineno":` + line + `}]}}]}`
}

func TestGroupingPreview(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, event, why string
		components       []string
	}{
		{
			"in-app frames", thrown("refused", "Charge", "7"), "exception types and in-app frames",
			[]string{"exception BankError", "frame main.main", "frame example.com/shop.Charge"},
		},
		{
			"no frame is in-app", `{"exception":{"type":"E","stacktrace":{"frames":[{"function":"f","filename":"a.py"},{"function":"g"}]}}}`,
			"exception types and in-app frames",
			[]string{"exception E", "frame a.py.f", "frame g"},
		},
		{
			"no frames", `{"exception":[{"type":"A","value":"x"},{"type":"B","value":"y"}]}`,
			"exception types and values, as there are no frames",
			[]string{`exception A: "x"`, `exception B: "y"`},
		},
		{"stack trace", `{"message":"m","stacktrace":{"frames":[{"function":"f","module":"m"}]}}`, "its stack trace", []string{"frame m.f"}},
		{
			"thread", `{"message":"m","threads":[{"id":1},{"id":2,"current":true,"stacktrace":{"frames":[{"function":"f","module":"m"}]}}]}`,
			"its stack trace",
			[]string{"frame m.f"},
		},
		{"template", `{"logentry":{"message":"disk %d%%","params":[93]}}`, "the template of its message", []string{`message "disk %d%%"`}},
		{
			"fingerprint", `{"message":"m","fingerprint":["a","{{ level }}","{{tags.k}}","{{ nobody knows }}"],"tags":{"k":"v"}}`, "its fingerprint",
			[]string{`fingerprint "a"`, `fingerprint "{{ level }}" = "error"`, `fingerprint "{{tags.k}}" = "v"`, `fingerprint "{{ nobody knows }}"`},
		},
		{
			"fingerprint with default", `{"exception":{"type":"E","value":"x"},"fingerprint":["{{ default }}","a"]}`,
			"its fingerprint, which includes the default: exception types and values, as there are no frames",
			[]string{`exception E: "x"`, `fingerprint "a"`},
		},
		{"nothing", `{}`, "nothing, as it has neither exception, stack trace nor message", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			preview := parse(t, c.event).GroupingPreview()
			g.Expect(preview.Why).To(Equal(c.why))
			g.Expect(preview.Components).To(Equal(c.components))
			g.Expect(preview.Key).To(MatchRegexp("^[0-9a-f]{32}$"))
		})
	}
	g := NewWithT(t)
	plain, byDefault := parse(t, message("m")).GroupingPreview(), parse(t, `{"message":"m","fingerprint":["{{default}}"]}`).GroupingPreview()
	g.Expect(byDefault).To(Equal(plain))
}

func TestRequireIssues(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	a, moved, other := parse(t, thrown("1", "Charge", "7")), parse(t, thrown("2", "Charge", "9")), parse(t, thrown("1", "Refund", "7"))
	sentrytest.RequireSameIssue(t, a, moved)
	sentrytest.RequireSeparateIssues(t, a, other)
	failures, _ := run(t, func(tb *fakeTB) { sentrytest.RequireSameIssue(tb, a, other) })
	g.Expect(failures).To(Equal(`sentrytest: the events would be two issues (an approximation of Sentry's grouping)
  first:  error BankError: "1", by exception types and in-app frames
  second: error BankError: "1", by exception types and in-app frames
  what sets them apart:
    first:  frame example.com/shop.Charge
    second: frame example.com/shop.Refund`))
	failures, _ = run(t, func(tb *fakeTB) {
		sentrytest.RequireSameIssue(tb, parse(t, message("m")), parse(t, `{"message":"m","fingerprint":["{{ default }}","x"]}`))
	})
	g.Expect(failures).To(HaveSuffix("\n    first:  nothing\n    second: fingerprint \"x\""))
	failures, _ = run(t, func(tb *fakeTB) { sentrytest.RequireSeparateIssues(tb, a, moved) })
	g.Expect(failures).To(Equal(`sentrytest: the events would be one issue (an approximation of Sentry's grouping)
  first:  error BankError: "1"
  second: error BankError: "2"
  both grouped by exception types and in-app frames:
    exception BankError
    frame main.main
    frame example.com/shop.Charge`))
}

// The type and value of an exception that an SDK has made up name no issue.
func TestSyntheticExceptions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	event := func(kind string) sentrytest.Event {
		return parse(t, `{"level":"fatal","exception":{"type":"`+kind+`","value":"v","mechanism":{"type":"m","synthetic":true},`+
			`"stacktrace":{"frames":[{"function":"main","in_app":true},{"function":"charge","in_app":true},{"function":"write","in_app":false}]}}}`)
	}
	g.Expect(event("SIGSEGV").String()).To(Equal("fatal charge"))
	sentrytest.RequireSameIssue(t, event("SIGSEGV"), event("SIGABRT"))
	g.Expect(parse(t, `{"exception":{"type":"E","mechanism":{"type":"m","synthetic":true}}}`).String()).To(Equal("error <unknown>"))
}
