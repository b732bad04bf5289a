package sentrytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// checkFindings holds what every list of findings promises.
func checkFindings(t *testing.T, raw []byte, found []sentrytest.Finding) {
	t.Helper()
	size := 0
	for i, f := range found {
		if f.Rule == "" || f.Message == "" || strings.ContainsAny(f.String(), "\n\r") {
			t.Fatalf("%q: finding %+v", raw, f)
		}
		if i > 0 && i < 500 && f.Severity > found[i-1].Severity {
			t.Fatalf("%q: %s comes behind %s", raw, f, found[i-1])
		}
		size += len(f.Value)
	}
	if len(found) > 501 || size > 501*300 {
		t.Fatalf("%d findings of %d bytes", len(found), size)
	}
}

// FuzzValidate checks that validation ends and is deterministic, and that
// nothing which the reader of events gave up on is passed over by it.
func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		"{}", "[]", vectorJSON, ravenPython, fullEvent, `{"a\rb":1,"logger":7,"c\nd":{}}`,
		`{"type":"transaction","spans":[{},7,null],"contexts":{"trace":{"trace_id":7}}}`,
		`{"exception":{"values":[{"mechanism":{"exception_id":1e400,"parent_id":-1},"stacktrace":{"frames":[{"lineno":-1,"lock":{}}]}}]}}`,
		`{"tags":[[" ",""],["a\nb","c"],["a",{}]],"extra":{"a.b":[[[[[[[[]]]]]]]]},"debug_meta":{"images":[{"type":1}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		found := sentrytest.Validate(raw)
		checkFindings(t, raw, found)
		if diff := cmp.Diff(found, sentrytest.Validate(raw)); diff != "" {
			t.Fatalf("%q is judged in two ways:\n%s", raw, diff)
		}
		e, err := sentrytest.ParseEvent(raw)
		if err != nil {
			if len(found) == 0 || found[0].Severity != sentrytest.SeverityFatal {
				t.Fatalf("%q is no event, but has %v", raw, found)
			}
			return
		}
		if len(found) >= 500 {
			return
		}
		paths := map[string]bool{}
		for _, one := range found {
			paths[one.Path] = true
		}
		for _, p := range e.Problems {
			if strings.ContainsAny(p.String(), "\n\r") {
				t.Fatalf("%q: problem %q", raw, p)
			}
			if !paths[p.Path] {
				t.Fatalf("%q: no finding says %s", raw, p)
			}
		}
	})
}

// FuzzItems checks that every typed view of any payload is there, ends, and
// agrees with the findings of its item.
func FuzzItems(f *testing.F) {
	for _, seed := range []struct{ itemType, payload string }{
		{"session", `{"started":"2023-11-14T22:13:20Z","status":"ok","attrs":{"release":"r"},"duration":1e300}`},
		{"sessions", `{"aggregates":[{"started":1e300},null,7],"attrs":[]}`},
		{"check_in", `{"check_in_id":"x","monitor_config":{"schedule":{"type":"interval","value":-1}}}`},
		{"log", `{"items":[{"attributes":{"a":{"value":9007199254740993,"type":"integer"}}},null]}`},
		{"log", `{"items":[],"items":[1]}`},
		{"trace_metric", `{"items":[{"value":1e400}]}`},
		{"feedback", `{"contexts":{"feedback":7}}`},
		{"user_report", `{"event_id":[]}`},
		{"client_report", `{"discarded_events":{"values":[{}]}}`},
		{"event", `{}`},
		{"transaction", `{}`},
		{"attachment", "\xff"},
		{"span", "null"},
	} {
		f.Add(seed.itemType, []byte(seed.payload))
	}
	f.Fuzz(func(t *testing.T, itemType string, payload []byte) {
		header, err := json.Marshal(map[string]any{"type": itemType, "length": len(payload)})
		if err != nil {
			t.Fatal(err)
		}
		e, err := sentrytest.ParseEnvelope(append(append([]byte("{}\n"), append(header, '\n')...), payload...))
		if err != nil {
			t.Fatal(err)
		}
		n := len(e.Sessions()) + len(e.CheckIns()) + len(e.Feedback()) + len(e.ClientReports()) + len(e.Attachments())
		switch itemType {
		case "session", "sessions", "check_in", "feedback", "user_report", "client_report", "attachment":
			if n == 0 {
				t.Fatalf("%s %q is in no view", itemType, payload)
			}
		default:
			if n > 0 {
				t.Fatalf("%s %q is in a view", itemType, payload)
			}
		}
		for _, one := range e.Logs() {
			checkFindings(t, payload, one.Findings)
		}
		for _, one := range e.Metrics() {
			checkFindings(t, payload, one.Findings)
		}
		for _, one := range e.Sessions() {
			checkFindings(t, payload, one.Findings)
		}
		checkFindings(t, payload, e.Items[0].Findings())
		checkFindings(t, payload, e.Findings())
		if diff := cmp.Diff(e.Items[0].Findings(), e.Items[0].Findings()); diff != "" {
			t.Fatalf("%s %q is judged in two ways:\n%s", itemType, payload, diff)
		}
	})
}
