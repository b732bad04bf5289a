package lint

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

func notWords(words ...string) Check {
	return func(f *List, at string, value any) {
		if text, ok := value.(string); ok && slices.Contains(words, strings.TrimSpace(text)) {
			f.Add(Warning, at, InvalidData, value, "%q is reserved", strings.TrimSpace(text))
		}
	}
}

var distChars = regexp.MustCompile(`^[a-zA-Z0-9_.-]*$`)

func checkDist(f *List, at string, value any) {
	if text, ok := value.(string); ok && !distChars.MatchString(strings.TrimSpace(text)) {
		f.Add(Warning, at, InvalidData, value, "only letters, digits and _ . - are allowed")
	}
}

func checkTimeSpent(f *List, at string, value any) {
	if n, ok := jsontree.Number(value); ok && (n < 0 || n >= 1<<31-1) {
		f.Add(Warning, at, InvalidData, value, "not between 0 and %d", 1<<31-2)
	}
}

// checkExtra compares each value and the whole with their limits.
func checkExtra(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	for _, key := range texts.SortedKeys(fields) {
		databag(Warning, 7, 16384)(f, jsontree.Join(at, key), fields[key])
	}
	if _, size := jsontree.Measure(fields); size > 262144 {
		f.Add(Warning, at, Truncated, Absent{}, "%d bytes: pruned to 262144", size)
	}
}

// checkStacktrace requires frames, and reports numbers of frames that servers
// reduce.
func checkStacktrace(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	frames, _ := fields["frames"].([]any)
	path := jsontree.Join(at, "frames")
	switch n := len(frames); {
	case fields["frames"] == nil:
		f.Add(Warning, path, MissingAttribute, Absent{}, "missing: the protocol requires it")
	case n == 0:
		f.Add(Warning, path, InvalidData, fields["frames"], "expected a non-empty value")
	case n > 250:
		f.Add(Warning, path, Truncated, Absent{}, "%d frames: those in the middle are removed down to 250", n)
	case n > 50:
		f.Add(Info, path, Truncated, Absent{}, "%d frames: beyond 50, those in the middle lose their variables and source", n)
	}
	stacktraceShape.closed(f, at, value)
}

// checkGroup requires every exception of a group but the root to name its
// parent.
func checkGroup(f *List, at string, value any) {
	ids := map[float64]bool{}
	type part struct {
		path       string
		id, parent any
	}
	var parts []part
	eachValue(func(_ *List, at string, value any) {
		fields, _ := value.(map[string]any)
		mechanism, _ := fields["mechanism"].(map[string]any)
		if id, ok := jsontree.Number(mechanism["exception_id"]); ok {
			ids[id] = true
			parts = append(parts, part{jsontree.Join(at, "mechanism"), mechanism["exception_id"], mechanism["parent_id"]})
		}
	})(f, at, value)
	for _, p := range parts {
		parent, ok := jsontree.Number(p.parent)
		switch id, _ := jsontree.Number(p.id); {
		case p.parent == nil && id != 0:
			f.Add(Warning, p.path+".parent_id", MissingAttribute, Absent{}, "missing: only exception_id 0 has no parent")
		case ok && !ids[parent]:
			f.Add(Warning, p.path+".parent_id", InvalidData, p.parent, "no exception has that exception_id")
		}
	}
}

var hexAddress = regexp.MustCompile(`^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$`)

func checkAddress(f *List, at string, value any) {
	if _, ok := jsontree.Number(value); ok {
		return
	}
	if text, ok := value.(string); !ok || !hexAddress.MatchString(text) {
		f.Add(Warning, at, InvalidData, value, `expected an address: "0x…", a decimal text or a number`)
	}
}

func checkIP(f *List, at string, value any) {
	text, ok := value.(string)
	if !ok || text == "{{auto}}" {
		return
	}
	if _, err := netip.ParseAddr(text); err != nil {
		f.Add(Warning, at, InvalidData, value, "expected an IP address or {{auto}}")
	}
}

func checkImage(f *List, at string, value any) {
	fields, ok := value.(map[string]any)
	if !ok {
		f.Add(Warning, at, InvalidData, value, "expected an object")
		return
	}
	kind, _ := fields["type"].(string)
	needs, known := imageNeeds[kind]
	if !known {
		f.Add(Warning, jsontree.Join(at, "type"), InvalidData, fields["type"], "expected one of %s", strings.Join(texts.SortedKeys(imageNeeds), ", "))
	}
	Requires(needs...)(f, at, value)
}

// spanStatuses are the values of the status of a span.
var spanStatuses = []string{
	"ok", "cancelled", "unknown", "unknown_error", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal_error",
	"unavailable", "data_loss", "unauthenticated",
}

var traceShape = shape{
	"trace_id": hexID(32), "span_id": hexID(16), "parent_span_id": hexID(16), "status": oneOf(spanStatuses...),
}

// checkContexts compares each context with its size limit, and the trace with
// its form.
func checkContexts(f *List, at string, value any) {
	fields, _ := value.(map[string]any)
	for _, name := range texts.SortedKeys(fields) {
		path := jsontree.Join(at, name)
		inner, ok := fields[name].(map[string]any)
		if !ok {
			continue
		}
		databag(Warning, 7, 8192)(f, path, inner)
		kind, _ := inner["type"].(string)
		switch {
		case name == "reprocessing":
			removed(f, path, inner)
		case name == "trace" || kind == "trace":
			Requires("trace_id", "span_id")(f, path, inner)
			traceShape.open(f, path, inner)
		}
	}
}
