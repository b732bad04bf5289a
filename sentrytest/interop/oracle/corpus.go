package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sample is one event of the corpus.
type sample struct {
	class string
	raw   []byte
}

//go:embed handmade.txt
var handmade string

// sdkEvents are events that SDKs sent, one a line: `interop --save` writes
// them.
//
//go:embed sdks.ndjson
var sdkEvents string

// now is when the corpus was made. Events near it are not replaced by Relay for
// their age.
var now = time.Now().Truncate(time.Second)

// seconds returns a time near now as Unix seconds.
func seconds(offset int) string { return strconv.FormatInt(now.Unix()+int64(offset), 10) }

// corpus makes the same events at each call, apart from the current time in
// them. fuzzed is the folder of a fuzz corpus of events.
func corpus(fuzzed string) ([]sample, error) {
	var all []sample
	add := func(class string, raws ...string) {
		for _, raw := range raws {
			all = append(all, sample{class, []byte(raw)})
		}
	}
	class := ""
	for line := range strings.Lines(handmade) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# "); ok {
			class = name
			continue
		}
		add(class, line)
	}
	add("times", times()...)
	add("words", words()...)
	add("tags", tags()...)
	add("limits", limits()...)
	add("depth and size", depths()...)
	add("transactions", transactions()...)
	// The types of attributes are many: a part of them stands for all, and the
	// generated tables have the rest.
	add("scalars", some(500, scalars())...)
	add("SDKs", strings.FieldsFunc(sdkEvents, func(r rune) bool { return r == '\n' })...)
	seeds, err := fuzzCorpus(fuzzed)
	add("fuzz", seeds...)
	// The raw bytes of these two are no text.
	add("json", "{\"message\":\"\xff\"}", "{\"extra\":{\"\xc3(\":1}}")
	for _, one := range mutants(slices.Concat(strings.Split(strings.TrimSpace(sdkEvents), "\n"), seeds), 450) {
		add("mutants", one)
	}
	return all, err
}

// some returns n of the events, evenly spread.
func some(n int, all []string) []string {
	if len(all) <= n {
		return all
	}
	out := make([]string, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

func quote(text string) string {
	raw, _ := json.Marshal(text) // a string has JSON
	return string(raw)
}

// kinds are the values that the oracle tries at each attribute. In a table 'c'
// stands for an object with all that it needs.
var kinds = []struct {
	letter byte
	value  string
}{
	{'s', `"x"`},
	{'e', `""`},
	{'b', `true`},
	{'i', `1`},
	{'n', `-1`},
	{'f', `1.5`},
	{'h', `1e30`},
	{'l', `[]`},
	{'o', `{}`},
	{'L', `["x"]`},
	{'O', `{"k":"v"}`},
	{'c', `{}`},
}

func scalars() []string {
	var out []string
	for _, path := range sites() {
		for _, kind := range kinds {
			out = append(out, string(at(path, kind.value)))
		}
	}
	return out
}

func limits() []string {
	var out []string
	for _, path := range []string{
		"logger", "transaction", "culprit", "server_name", "site", "release", "environment", "dist", "logentry.formatted",
		"logentry.message", "exception.values.[].type", "exception.values.[].value", "exception.values.[].module",
		"exception.values.[].mechanism.type", "exception.values.[].mechanism.description",
		stacktrace + ".frames.[].function", stacktrace + ".frames.[].raw_function", stacktrace + ".frames.[].symbol",
		stacktrace + ".frames.[].filename", stacktrace + ".frames.[].context_line", stacktrace + ".frames.[].abs_path",
		"breadcrumbs.values.[].category", "breadcrumbs.values.[].message", "breadcrumbs.values.[].type", "user.id", "user.username",
		"user.email", "user.name", "request.url", "request.method", "request.query_string", "request.fragment", "request.data",
		"threads.values.[].name", "sdk.name", "sdk.version", "modules.{}", "contexts.os.name", "contexts.unknown_kind.zz_unknown",
		"extra.{}", "tags.{}", "fingerprint.[]", "template.filename", "platform",
	} {
		for _, n := range []int{65, 80, 129, 201, 297, 600, 1200, 2100, 8500, 17000} {
			out = append(out, string(at(path, quote(strings.Repeat("x", n)))))
		}
	}
	return some(300, out)
}

func times() []string {
	var out []string
	t := now.UTC()
	for _, layout := range []string{
		"2006-01-02T15:04:05Z", "2006-01-02T15:04:05", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.000000Z",
		"2006-01-02T15:04:05.000000000Z", "2006-01-02T15:04:05.000000", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z",
		"2006-01-02 15:04:05 UTC", "2006-01-02T15:04:05 UTC", "2006-01-02T15:04:05UTC", "2006-01-02T15:04:05+00:00",
		"2006-01-02T15:04:05+0000", "2006-01-02 15:04:05 +0000", "2006-01-02T15:04:05 +00:00", "2006-01-02T15:04:05-00:00",
		"2006-01-02t15:04:05z", "2006-01-02T15:04:05z", "2006-01-02T15:04:05,123Z", "2006-01-02T15:04:05.Z", "2006-01-02T15:04Z",
		"2006-01-02T15Z", "2006-01-02", "20060102T150405Z", "2006-01-02T15:04:05+00", "2006-01-02T15:04:05 GMT", "2006/01/02 15:04:05",
		" 2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z ", "2006-01-02  15:04:05", "2006-01-02T15:04:05.1234567890Z", "2006-1-2T15:04:05Z",
		"Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05.000+00:00", "2006-01-02_15:04:05Z", "2006-01-02T15:04:05+0:00",
		"2006-01-02T15:04:05ZZ", "+2006-01-02T15:04:05Z", "2006-01-02T15:04:05.5", "2006-01-02 15:04:05.5 UTC",
		"2006-01-02T15:04:05.123 +0000", "2006-01-02T15:04:05−00:00", "2006-01-02T15:04:60Z",
	} {
		out = append(out, `{"timestamp":`+quote(t.Format(layout))+`}`, `{"breadcrumbs":[{"timestamp":`+quote(t.Format(layout))+`}]}`)
	}
	for _, value := range []string{
		seconds(0), seconds(0) + ".5", quote(seconds(0)), quote(seconds(0) + ".5"), seconds(-40 * 86400), seconds(3600), seconds(-3600),
		seconds(30), seconds(90), "0", "-1", "1e10", "1e15", "1e18", "-1e18", "1e30", `""`, `" "`, `"x"`, "true", "null", "[]", "{}", seconds(0) + "000",
		"-62135596801", "253402300800", "8e12", "9e15", `"2020-13-01T00:00:00Z"`, `"2020-02-30T00:00:00Z"`, `"2020-01-01T24:00:00Z"`, `"2020-01-01T25:00:00Z"`,
		`"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`, `"12020-01-01T00:00:00Z"`, `"-2020-01-01T00:00:00Z"`, `"2020-01-01T00:00:00+25:00"`,
		`"2020-01-01T00:00:00+05:30"`, `"2020-01-01T00:00:00-0530"`,
	} {
		out = append(out, `{"timestamp":`+value+`}`, `{"breadcrumbs":[{"timestamp":`+value+`}]}`)
	}
	return out
}

func words() []string {
	var out []string
	for _, level := range []string{
		`"debug"`, `"info"`, `"log"`, `"warning"`, `"warn"`, `"error"`, `"fatal"`, `"critical"`, `"WARNING"`, `"Error"`, `""`, `" error"`, `"40"`,
		"0", "10", "20", "30", "40", "50", "60", "35", "-10", "10.0", "10.5", "true", "null", "[]", `"trace"`, `"notice"`, `"sample"`,
	} {
		out = append(out, `{"level":`+level+`}`, `{"breadcrumbs":[{"level":`+level+`}]}`)
	}
	for _, text := range []string{
		"", " ", " a ", "a", "latest", "Latest", "LATEST", " latest ", ".", "..", "...", "a/b", `a\b`, "a\nb", "a\tb", "a\rb", "a\x00b", "a\x1fb", "a\x7fb",
		"none", "None", "NONE", "ä", "a b", "a@1.0+2", "-", "_", "a\fb", "a\vb", "a\u0085b", "a\u2028b", "\u00a0", "null", "undefined",
	} {
		for _, key := range []string{"release", "environment", "dist"} {
			out = append(out, fmt.Sprintf(`{%q:%s}`, key, quote(text)))
		}
	}
	for _, value := range []string{"1", "1.5", "true", "-1", "[]", "{}", "null", "1e30", "12345678901234567890"} {
		for _, key := range []string{"release", "environment", "dist", "server_name", "logger", "transaction", "platform", "site"} {
			out = append(out, fmt.Sprintf(`{%q:%s}`, key, value))
		}
	}
	for _, key := range []string{"logger", "transaction", "culprit", "server_name", "site"} {
		for _, text := range []string{"", " ", " a ", "a\nb", "a\rb", "a\tb", "a\x00b", "ä", "<redacted>"} {
			out = append(out, fmt.Sprintf(`{%q:%s}`, key, quote(text)))
		}
	}
	for _, platform := range []string{
		"go", "as3", "c", "cfml", "cocoa", "csharp", "elixir", "groovy", "haskell", "java", "javascript", "native", "node", "objc", "other", "perl",
		"php", "python", "ruby", "rust", "dart", "Go", "", " go", "zz", "powershell", "kotlin", "apple-ios", "unity", "cpp", "flutter", "lua", "crystal",
		"erlang", "swift", "r", "clojure", "scala", "nintendo-switch",
	} {
		out = append(out, `{"platform":`+quote(platform)+`}`,
			`{"exception":{"type":"a","stacktrace":{"frames":[{"function":"f","platform":`+quote(platform)+`}]}}}`)
	}
	return out
}

func tags() []string {
	var out []string
	for _, key := range []string{
		"", " ", "a", " a ", "a b", "a.b", "a:b", "a-b", "a_b", "a/b", "ä", "a\nb", "release", "dist", "user", "filename", "function", "environment", "level",
		"site", "server_name", "transaction", "logger", "url", "sentry:user", strings.Repeat("k", 33), strings.Repeat("k", 200), strings.Repeat("k", 201), "a=b", "a,b", "A",
		"a\x00b", "😀", "release ", "device.model",
	} {
		out = append(out, fmt.Sprintf(`{"tags":{%s:"v"}}`, quote(key)), fmt.Sprintf(`{"tags":[[%s,"v"]]}`, quote(key)))
	}
	for _, value := range []string{
		`""`, `" "`, `" a "`, `"a"`, `"a\nb"`, `"a\rb"`, `"a\tb"`, `"a\u0000"`, "1", "1.5", "-1.5", "1e30", "true", "false", "null", "[]", "{}", `["a"]`,
		`"` + strings.Repeat("v", 200) + `"`, `"` + strings.Repeat("v", 201) + `"`, `"😀"`, "12345678901234567890", "0.1", "-0.0", `"\n"`, `"a\n"`,
	} {
		out = append(out, `{"tags":{"a":`+value+`}}`, `{"tags":[["a",`+value+`]]}`)
	}
	return append(out, `{"tags":null}`, `{"tags":{}}`, `{"tags":[]}`, `{"tags":"x"}`, `{"tags":5}`, `{"tags":[null]}`, `{"tags":[[]]}`, `{"tags":[["a"]]}`,
		`{"tags":[["a","b","c"]]}`, `{"tags":["a"]}`, `{"tags":[{"a":"b"}]}`, `{"tags":[[null,"b"]]}`, `{"tags":[[1,"b"]]}`, `{"tags":[[true,"b"]]}`,
		`{"tags":[[[],"b"]]}`, `{"tags":[["a","b"],["a","c"]]}`, `{"tags":[["a b","b"],["a-b","c"]]}`, `{"tags":{"environment":"x"},"environment":"y"}`,
		`{"tags":[["",""]]}`, `{"tags":[["a","b"],["a",null]]}`)
}

func nested(depth int, leaf string, list bool) string {
	for range depth {
		if list {
			leaf = "[" + leaf + "]"
		} else {
			leaf = `{"a":` + leaf + "}"
		}
	}
	return leaf
}

func depths() []string {
	var out []string
	for _, path := range []string{
		"extra.{}", "contexts.unknown_kind", "contexts.os", "request.data", stacktrace + ".frames.[].vars", "breadcrumbs.values.[].data",
		"exception.values.[].mechanism.data", "user.data", "user.zz_unknown", "request.env", "logentry.params", "spans.[].data", "contexts.trace.data",
	} {
		for _, depth := range []int{1, 3, 4, 6, 8, 30, 120, 140} {
			out = append(out, string(at(path, nested(depth, "1", false))), string(at(path, `{"k":`+nested(depth, "1", true)+"}")))
		}
		for _, size := range []int{1500, 4000, 9000, 20000} {
			list := strings.TrimSuffix(strings.Repeat(quote(strings.Repeat("x", 49))+",", size/50), ",")
			out = append(out, string(at(path, `{"k":[`+list+`]}`)))
		}
	}
	out = some(210, out)
	for _, n := range []int{1, 49, 50, 51, 100, 249, 250, 251, 300} {
		frame := `{"function":"f","vars":{"a":1},"context_line":"x","pre_context":["y"]},`
		frames := `{"frames":[` + strings.TrimSuffix(strings.Repeat(frame, n), ",") + `]}`
		out = append(out, `{"exception":{"type":"a","stacktrace":`+frames+`}}`, `{"threads":[{"id":1,"stacktrace":`+frames+`}]}`, `{"stacktrace":`+frames+`}`)
	}
	for _, n := range []int{50, 100, 101, 200} {
		many := func(one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
		out = append(out, `{"exception":[`+many(`{"type":"a"}`)+`]}`, `{"breadcrumbs":[`+many(`{"message":"a"}`)+`]}`, `{"threads":[`+many(`{"id":1}`)+`]}`,
			`{"fingerprint":[`+many(`"a"`)+`]}`, `{"sdk":{"name":"a","version":"1","integrations":[`+many(`"a"`)+`]}}`, `{"request":{"headers":[`+many(`["a","b"]`)+`]}}`)
		var tags, modules []string
		for i := range n {
			tags = append(tags, fmt.Sprintf(`"t%d":"v"`, i))
			modules = append(modules, fmt.Sprintf(`"module%d":"1.0"`, i))
		}
		out = append(out, `{"tags":{`+strings.Join(tags, ",")+`}}`, `{"modules":{`+strings.Join(modules, ",")+`}}`, `{"extra":{`+strings.Join(tags, ",")+`}}`,
			`{"contexts":{"a":{`+strings.Join(tags, ",")+`}}}`)
	}
	for _, n := range []int{10, 20, 40} { // several large values together
		var values []string
		for i := range n {
			values = append(values, fmt.Sprintf(`"k%d":%s`, i, quote(strings.Repeat("x", 15000))))
		}
		out = append(out, `{"extra":{`+strings.Join(values, ",")+`}}`)
	}
	return out
}

func transactions() []string {
	start, end := seconds(-20), seconds(-10)
	trace := companions["contexts.trace"]
	span := func(fields string) string {
		return `{"trace_id":` + traceID + `,"span_id":"00f067aa0ba902b8","start_timestamp":` + start + `,"timestamp":` + end + fields + `}`
	}
	whole := func(fields, contexts, spans string) string {
		return `{"type":"transaction"` + fields + `,"contexts":{"trace":` + contexts + `},"spans":` + spans + `}`
	}
	both := `,"start_timestamp":` + start + `,"timestamp":` + end
	var out []string
	for _, fields := range []string{
		both, ``, `,"timestamp":` + end, `,"start_timestamp":` + start, `,"start_timestamp":` + end + `,"timestamp":` + start,
		`,"start_timestamp":null,"timestamp":` + end, `,"start_timestamp":` + start + `,"timestamp":null`, `,"start_timestamp":"x","timestamp":` + end,
		`,"start_timestamp":` + start + `,"timestamp":"x"`, `,"start_timestamp":` + end + `,"timestamp":` + end,
		`,"start_timestamp":` + quote(now.UTC().Format(time.RFC3339)) + `,"timestamp":` + quote(now.UTC().Format(time.RFC3339Nano)),
		`,"start_timestamp":1,"timestamp":2`, `,"start_timestamp":` + seconds(-40*86400) + `,"timestamp":` + seconds(-40*86400+5),
		`,"start_timestamp":` + seconds(3600) + `,"timestamp":` + seconds(3700), `,"start_timestamp":` + start + `,"timestamp":` + seconds(90),
		both + `,"transaction":""`, both + `,"transaction":null`, both + `,"transaction":5`, both + `,"level":"zz"`, both + `,"transaction_info":{"source":"zz"}`,
		both + `,"measurements":{"a":{"value":1,"unit":"zz"}}`, both + `,"measurements":{"a":{"value":null}}`, both + `,"measurements":{"a b":{"value":1}}`,
		both + `,"exception":{"type":"a"}`, both + `,"breakdowns":{"a":{"b":{"value":1}}}`,
	} {
		out = append(out, whole(fields, trace, "[]"))
	}
	for _, contexts := range []string{
		`null`, `{}`, `[]`, `"x"`, `{"trace_id":` + traceID + `}`, `{"span_id":` + spanID + `}`, `{"trace_id":"x","span_id":` + spanID + `}`,
		`{"trace_id":` + traceID + `,"span_id":"x"}`, `{"trace_id":"00000000000000000000000000000000","span_id":` + spanID + `}`,
		`{"trace_id":` + traceID + `,"span_id":"0000000000000000"}`, `{"trace_id":5,"span_id":` + spanID + `}`,
		`{"trace_id":` + traceID + `,"span_id":5}`, `{"trace_id":"","span_id":` + spanID + `}`, `{"trace_id":` + traceID + `,"span_id":""}`,
		`{"trace_id":"4C79F60C11214EB38604F4AE0781BFB2","span_id":"00F067AA0BA902B7"}`, `{"trace_id":"4c79f60c-1121-4eb3-8604-f4ae0781bfb2","span_id":` + spanID + `}`,
		`{"trace_id":` + traceID + `,"span_id":` + spanID + `,"op":"x","status":"zz"}`, `{"type":"zz","trace_id":` + traceID + `,"span_id":` + spanID + `}`,
		`{"trace_id":` + traceID + `,"span_id":` + spanID + `,"parent_span_id":"x"}`,
	} {
		out = append(out, whole(both, contexts, "[]"))
	}
	for _, spans := range []string{
		`[` + span("") + `]`, `[` + span("") + `,` + span("") + `]`, `[{}]`, `[null]`, `[5]`, `["x"]`, `5`, `{}`, `"x"`, `null`, `[[]]`,
		`[` + span(`,"zz":1`) + `]`, `[` + span(`,"status":"zz"`) + `]`, `[` + span(`,"status":"ok","op":"db","description":"x","origin":"auto"`) + `]`,
		`[` + span(`,"op":5`) + `]`, `[` + span(`,"data":5`) + `]`, `[` + span(`,"data":{"a":{"b":{"c":{"d":{"e":1}}}}}`) + `]`, `[` + span(`,"tags":{"a":5}`) + `]`,
		`[` + span(`,"timestamp":null`) + `]`, `[` + span(`,"timestamp":"x"`) + `]`, `[` + span(`,"start_timestamp":null`) + `]`, `[` + span(`,"start_timestamp":"x"`) + `]`,
		`[` + span(`,"start_timestamp":`+end+`,"timestamp":`+start) + `]`, `[` + span(`,"span_id":null`) + `]`, `[` + span(`,"span_id":"x"`) + `]`,
		`[` + span(`,"span_id":"0000000000000000"`) + `]`, `[` + span(`,"trace_id":null`) + `]`, `[` + span(`,"trace_id":"x"`) + `]`,
		`[` + span(`,"trace_id":"00000000000000000000000000000000"`) + `]`, `[` + span(`,"parent_span_id":"x"`) + `]`, `[` + span(`,"parent_span_id":"00f067aa0ba902b7"`) + `]`,
		`[` + span(`,"start_timestamp":`+seconds(-100)) + `]`, `[` + span(`,"timestamp":`+seconds(100)) + `]`, `[` + span(`,"is_segment":"x"`) + `]`,
		`[` + span(`,"exclusive_time":"x"`) + `]`, `[` + span(`,"measurements":{"a":{"value":1}}`) + `]`, `[` + span(`,"description":"`+strings.Repeat("x", 9000)+`"`) + `]`,
		`[` + span(`,"op":"`+strings.Repeat("x", 200)+`"`) + `]`, `[` + strings.TrimSuffix(strings.Repeat(span("")+",", 1100), ",") + `]`,
	} {
		out = append(out, whole(both, trace, spans))
		out = append(out, `{"spans":`+spans+`}`)
	}
	return append(out, `{"type":"transaction"}`, `{"type":"transaction","contexts":5`+both+`}`, `{"type":"transaction","contexts":null`+both+`}`,
		`{"type":"transaction","contexts":{}`+both+`}`, `{"start_timestamp":"x"}`, `{"start_timestamp":1}`, `{"type":"TRANSACTION"`+both+`}`)
}

// fuzzCorpus reads the events of a fuzz corpus with one []byte each.
func fuzzCorpus(folder string) ([]string, error) {
	entries, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range entries {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		_, literal, _ := strings.Cut(string(raw), "[]byte(")
		text, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(literal), ")"))
		if err == nil && strings.HasPrefix(strings.TrimSpace(text), "{") {
			out = append(out, text)
		}
	}
	return out, nil
}

// mutants returns n events, each with one or two random changes.
func mutants(seeds []string, n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	var out []string
	for i := 0; len(out) < n; i++ {
		var event map[string]any
		if json.Unmarshal([]byte(seeds[i%len(seeds)]), &event) != nil || len(event) < 2 {
			continue
		}
		if event["type"] != "transaction" {
			delete(event, "timestamp") // Relay replaces an old one, and annotates that
		}
		for range 1 + random.IntN(2) {
			mutate(random, event)
		}
		raw, err := json.Marshal(event)
		if err != nil {
			panic(err) // it was JSON
		}
		out = append(out, string(raw))
	}
	return out
}

var nasty = []any{
	nil, true, 0.0, -1.0, 1.5, 1e30, "", " ", "x", "a\nb", strings.Repeat("x", 300),
	[]any{},
	map[string]any{},
	[]any{"x"},
	[]any{nil},
	map[string]any{"k": "v"},
	map[string]any{"values": []any{}},
	"2026-01-02T03:04:05Z", "0", "😀",
	[]any{[]any{"a", "b"}},
}

// mutate changes one value somewhere in the tree: it removes it, replaces it or
// adds an attribute beside it.
func mutate(random *rand.Rand, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			v["zz"] = nasty[random.IntN(len(nasty))]
			return
		}
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, cmp.Compare[string])
		key := keys[random.IntN(len(keys))]
		switch inner := v[key]; {
		case random.IntN(4) > 0 && branches(inner):
			mutate(random, inner)
		case random.IntN(4) == 0:
			delete(v, key)
		case random.IntN(6) == 0:
			v["zz"] = inner
		default:
			v[key] = nasty[random.IntN(len(nasty))]
		}
	case []any:
		i := random.IntN(len(v))
		if branches(v[i]) && random.IntN(5) > 0 {
			mutate(random, v[i])
		} else {
			v[i] = nasty[random.IntN(len(nasty))]
		}
	}
}

// branches reports whether a value has others inside.
func branches(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}
