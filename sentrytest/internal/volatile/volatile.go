// Package volatile removes from an event's JSON what differs between runs and
// between machines, so that the rest can be compared with a file.
//
// It must know neither files nor tests: it turns one tree into another.
package volatile

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Config says which volatile parts to keep, and what else to leave out. The
// zero value keeps none.
type Config struct {
	Lines bool     // keep line numbers and the source around them
	All   bool     // keep modules and the frames that are not the program's own
	Mask  []string // paths whose values are left out, with "*" for any key or index
}

// Stable returns a copy of an event's JSON without what differs between runs.
func (c Config) Stable(tree any) any {
	return newReplacer(c).value(nil, c.trimmed(nil, tree))
}

// replacer replaces volatile parts. It numbers ids and threads in the order in
// which it meets them, so that equal ones stay equal.
type replacer struct {
	cfg     Config
	ids     map[string]string
	threads map[string]string
	places  []place // longest first
}

// place is a directory or name of this machine.
type place struct {
	form   *regexp.Regexp
	length int
	name   string
}

func newReplacer(cfg Config) *replacer {
	v := &replacer{cfg: cfg, ids: map[string]string{}, threads: map[string]string{}}
	v.addPlace("<tmp>", strings.TrimSuffix(os.TempDir(), string(filepath.Separator)))
	if dir, err := os.Getwd(); err == nil {
		v.addPlace("<dir>", dir)
		v.addPlace("<module>", moduleRoot(dir))
	}
	if home, err := os.UserHomeDir(); err == nil {
		v.addPlace("<home>", home)
	}
	// If the host is named like a word, that word would vanish from messages.
	if host, err := os.Hostname(); err == nil && strings.ContainsAny(host, "0123456789-.") {
		v.addPlace("<host>", host)
	}
	slices.SortStableFunc(v.places, func(a, b place) int { return b.length - a.length })
	return v
}

func (v *replacer) addPlace(name, text string) {
	if len(text) > 3 {
		// Windows writes a path in JSON, and Go in frames, with slashes.
		form := regexp.QuoteMeta(text)
		if slashed := filepath.ToSlash(text); slashed != text {
			form = "(?:" + form + "|" + regexp.QuoteMeta(slashed) + ")"
		}
		v.places = append(v.places, place{regexp.MustCompile(form + `\b`), len(text), name})
	}
}

// moduleRoot returns the closest folder with a go.mod, "" if there is none.
func moduleRoot(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// value returns a copy of a JSON value with the volatile parts replaced.
func (v *replacer) value(at []string, value any) any {
	for _, pattern := range v.cfg.Mask {
		if pathMatches(pattern, at) {
			return "<masked>"
		}
	}
	if text, ok := v.named(at, value); ok {
		return text
	}
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for _, key := range texts.SortedKeys(value) {
			out[v.text(key)] = v.value(append(slices.Clone(at), key), value[key])
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = v.value(append(slices.Clone(at), strconv.Itoa(i)), inner)
		}
		return out
	case string:
		return v.text(value)
	}
	return value
}

// Fields by their names, at any place that users do not fill in.
var (
	idFields   = []string{"event_id", "trace_id", "span_id", "parent_span_id", "replay_id", "profile_id"}
	timeFields = []string{"timestamp", "start_timestamp", "received", "app_start_time", "boot_time"}
	lineFields = map[string]string{"lineno": "<line>", "colno": "<column>"}
	addresses  = []string{"instruction_addr", "symbol_addr", "image_addr"}
	// The contexts that describe a machine rather than an event.
	machines = []string{"runtime", "os", "device", "culture", "app", "gpu", "cloud_resource"}
	// Contexts with a name that the program chooses, not the machine.
	namedByProgram = []string{"runtime", "app"}
)

// named replaces a value by the name and the place of its field.
func (v *replacer) named(at []string, value any) (any, bool) {
	if len(at) == 0 || at[0] == "extra" || at[0] == "tags" || slices.Contains(at, "vars") || slices.Contains(at, "data") {
		return nil, false
	}
	key := at[len(at)-1]
	_, isText := value.(string)
	switch {
	case value == nil:
		return nil, false
	case slices.Contains(idFields, key) && isText:
		return v.id(value.(string)), true
	case slices.Contains(timeFields, key):
		return "<time>", true
	case key == "server_name":
		return "<host>", true
	case key == "thread_id" || key == "id" && at[0] == "threads":
		return numbered(v.threads, "thread", jsontree.Text(value)), true
	case lineFields[key] != "" && !v.cfg.Lines:
		return lineFields[key], true
	case slices.Contains(addresses, key):
		return "<address>", true
	case key == "abs_path" && isText:
		return "<path>/" + path.Base(filepath.ToSlash(value.(string))), true
	case key == "version" && at[0] == "sdk" || len(at) == 2 && at[0] == "modules":
		return "<version>", true
	case len(at) == 3 && at[0] == "contexts" && slices.Contains(machines, at[1]) && key != "type" &&
		(key != "name" || !slices.Contains(namedByProgram, at[1])):
		return "<" + at[1] + ">", true
	}
	return nil, false
}

func (v *replacer) id(text string) string {
	if id, ok := eventid.Normalize(text); ok {
		text = id
	}
	return numbered(v.ids, "id", text)
}

func numbered(names map[string]string, kind, value string) string {
	if names[value] == "" {
		names[value] = fmt.Sprintf("<%s %d>", kind, len(names)+1)
	}
	return names[value]
}

// Volatile parts of texts, in the order of their replacement.
var (
	uuidText  = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b`)
	textForms = []struct {
		form *regexp.Regexp
		name string
	}{
		{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|UTC|[+-]\d\d:?\d\d))*( m=[+-][0-9.]+)?`), "<time>"},
		{regexp.MustCompile(`(?i)\b[0-9a-f]{40}(-dirty)?\b`), "<revision>"},
		{regexp.MustCompile(`\b0x[0-9a-f]{6,16}\b`), "<address>"},
		{regexp.MustCompile(`\bgoroutine \d+\b`), "goroutine <n>"},
		{regexp.MustCompile(`\bgo1\.\d+(\.\d+|rc\d+|beta\d+)?\b`), "<go version>"},
		{regexp.MustCompile(`\b(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b`), "$1:<port>"},
	}
)

// text replaces the volatile parts of a text.
func (v *replacer) text(text string) string {
	for _, p := range v.places {
		text = p.form.ReplaceAllString(text, p.name)
	}
	for _, t := range textForms {
		text = t.form.ReplaceAllString(text, t.name)
	}
	return uuidText.ReplaceAllStringFunc(text, v.id)
}

// pathMatches compares a path with a pattern of sentrytest.GoldenMask.
func pathMatches(pattern string, path []string) bool {
	parts := strings.Split(pattern, ".")
	return slices.EqualFunc(parts, path, func(want, got string) bool { return want == "*" || want == got })
}
