package lint

import (
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
)

// checkTransaction applies the rules for which the server drops the whole
// transaction, in its words.
func checkTransaction(f *List, fields map[string]any) {
	fatal := func(path string, value any, reason string) {
		f.Add(Fatal, path, Transaction, value, "%s", reason)
	}
	start, hasStart := lenient.Time(fields["start_timestamp"])
	end, hasEnd := lenient.Time(fields["timestamp"]) // filled in if it is missing
	switch {
	case !hasStart:
		fatal("start_timestamp", orAbsent(fields["start_timestamp"]), "start_timestamp hard-required for transaction events")
	case hasEnd && end.Before(start):
		fatal("timestamp", fields["timestamp"], "end timestamp is smaller than start timestamp")
	}
	contexts, _ := fields["contexts"].(map[string]any)
	trace, ok := contexts["trace"].(map[string]any)
	if kind, has := trace["type"]; !ok || has && kind != nil && kind != "trace" {
		fatal("contexts.trace", orAbsent(contexts["trace"]), "missing valid trace context")
		ok = false
	}
	for _, id := range []struct {
		key    string
		digits int
	}{{"trace_id", 32}, {"span_id", 16}} {
		if ok && !isHexID(trace[id.key], id.digits) && !isNil(trace[id.key], id.digits) {
			fatal("contexts.trace."+id.key, orAbsent(trace[id.key]), "trace context is missing "+id.key)
		}
	}
	spans, _ := fields["spans"].([]any)
	for i, span := range spans {
		checkSpan(f, "spans."+strconv.Itoa(i), span)
	}
}

// isNil reports whether a trace id is the one of zeros, which Relay replaces.
func isNil(value any, digits int) bool { return digits == 32 && value == strings.Repeat("0", digits) }

// checkSpan applies the rules for spans. An invalid one costs the whole
// transaction.
func checkSpan(f *List, at string, value any) {
	span, ok := value.(map[string]any)
	if !ok {
		f.Add(Fatal, at, Transaction, value, "spans must be valid in transaction event")
		return
	}
	start, hasStart := lenient.Time(span["start_timestamp"])
	end, hasEnd := lenient.Time(span["timestamp"]) // filled in if it is missing
	if hasStart && hasEnd && end.Before(start) {
		f.Add(Fatal, jsontree.Join(at, "timestamp"), Transaction, span["timestamp"], "end timestamp in span is smaller than start timestamp")
	}
	for _, one := range []struct {
		key string
		ok  bool
	}{
		{"start_timestamp", hasStart},
		{"trace_id", isHexID(span["trace_id"], 32) || isNil(span["trace_id"], 32)},
		{"span_id", isHexID(span["span_id"], 16)},
	} {
		if !one.ok {
			f.Add(Fatal, jsontree.Join(at, one.key), Transaction, orAbsent(span[one.key]), "span is missing %s", one.key)
		}
	}
}

func orAbsent(value any) any {
	if value == nil {
		return Absent{}
	}
	return value
}
