package sentrytest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The tables of the page and the document of the API say what the tables of
// this package say. To write them: FAULT_TABLES=write go test -run
// TestFaultTables .
func TestFaultTables(t *testing.T) {
	for _, c := range []struct {
		path, begin, end, want string
	}{
		{"../docs/fakesentry.md", "<!-- words of faults: generated -->\n", "<!-- /words -->", "\n" + wordTable(t) + "\n" + kindTable(t) + "\n"},
		{"cmd/fakesentry/internal/api/openapi.yaml", "    Fault:\n", "    Health:\n", faultSchema(t)},
	} {
		text, err := os.ReadFile(c.path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip(c.path + " is not part of this module's archive")
		}
		if err != nil {
			t.Fatal(err)
		}
		before, rest, _ := strings.Cut(string(text), c.begin)
		got, after, ok := strings.Cut(rest, c.end)
		switch {
		case !ok:
			t.Errorf("%s has no %q before %q", c.path, c.begin, c.end)
		case got == c.want:
		case os.Getenv("FAULT_TABLES") == "write":
			if err := os.WriteFile(c.path, []byte(before+c.begin+c.want+c.end+after), 0o666); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s differs from the tables; to write it: FAULT_TABLES=write go test -run TestFaultTables ./sentrytest\nwant:\n%s", c.path, c.want)
		}
	}
}

func wordTable(t *testing.T) string {
	var b strings.Builder
	comments := commentsOf(t, "condition.go")
	b.WriteString("| field | value | |\n|---|---|---|\n")
	for _, w := range faultWords {
		value := map[reflect.Kind]string{
			reflect.Int: "number", reflect.Uint64: "number", reflect.Bool: "true, false", reflect.Map: "object of texts", reflect.Slice: "list of numbers",
		}[w.from.Kind()]
		switch {
		case w.name == "do":
			value = "see below"
		case w.oneOf != nil:
			value = "`" + strings.Join(w.oneOf, "`, `") + "`"
		case w.want == wantDuration:
			value = "duration"
		case w.most > 0:
			value = strings.TrimSuffix(value, "numbers") // of a list
			if w.from.Kind() != reflect.Slice {
				value = ""
			}
			value += fmt.Sprintf("%d to %d", w.least, w.most)
		case value == "":
			value = "text"
		}
		doc := strings.ReplaceAll(strings.TrimSuffix(docOf(w, comments), "."), "*", "`*`")
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", w.name, value, strings.ToLower(doc[:1])+doc[1:])
	}
	return b.String()
}

// docOf takes what a condition is about from the comment of its function.
func docOf(w faultWord, comments map[string]string) string {
	comment := comments[w.doc]
	if comment == "" {
		return w.doc
	}
	_, doc, _ := strings.Cut(sentence.FindString(comment), " is met by ")
	return strings.ToUpper(doc[:1]) + strings.Replace(strings.TrimSpace(doc[1:]), " n bytes", " this many bytes", 1)
}

// commentsOf returns the comments of a file's functions, each on one line.
func commentsOf(t *testing.T, path string) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	comments := make(map[string]string)
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			comments[fn.Name.Name] = strings.Join(strings.Fields(fn.Doc.Text()), " ")
		}
	}
	return comments
}

var sentence = regexp.MustCompile(`^(.+?)\.(?: |$)`)

// kindTable takes what each kind does from the comment of the function that
// makes it.
func kindTable(t *testing.T) string {
	docs := commentsOf(t, "kind.go")
	http2 := regexp.MustCompile(`Over HTTP/2 (.+?)\.(?: |$)`)
	link := regexp.MustCompile(`\[(\w+)\]`)
	code := strings.NewReplacer(" n ", " `bytes` ", " n,", " `bytes`,", " of d ", " of `pace` ", " for d ", " for `pace` ")
	var b strings.Builder
	b.WriteString("| `do` | in Go | what the server does | over HTTP/2 |\n|---|---|---|---|\n")
	for _, k := range kinds {
		doc := link.ReplaceAllString(docs[k.call], "`$1`")
		var what [2]string
		for i, part := range []*regexp.Regexp{sentence, http2} {
			if m := part.FindStringSubmatch(doc); m != nil {
				what[i] = code.Replace(m[1])
			}
		}
		if what[0] == "" {
			t.Errorf("%s has no comment in kind.go", k.call)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", k.text, k.call, strings.TrimPrefix(what[0], k.call+" "), what[1])
	}
	return b.String()
}

func faultSchema(t *testing.T) string {
	var b strings.Builder
	comments := commentsOf(t, "condition.go")
	b.WriteString("      type: object\n      additionalProperties: false\n" +
		"      description: Which requests it is for, what becomes of them, and how often. Durations are texts such as 200ms or 1.5s.\n      properties:\n")
	for _, w := range faultWords {
		bounds := fmt.Sprintf(", minimum: %d", w.least)
		if w.most > 0 {
			bounds += fmt.Sprintf(", maximum: %d", w.most)
		}
		from := w.from
		if from.Kind() == reflect.Pointer {
			from = from.Elem()
		}
		kind := map[reflect.Kind]string{
			reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer" + bounds, reflect.Uint64: "integer, minimum: 0",
			reflect.Float64: "number" + bounds, reflect.Map: "object, additionalProperties: {type: string}", reflect.Slice: "array, items: {type: integer" + bounds + "}",
		}[from.Kind()]
		if w.oneOf != nil {
			kind += ", enum: [" + strings.Join(w.oneOf, ", ") + "]"
		}
		fmt.Fprintf(&b, "        %s: {type: %s, description: %q}\n", w.name, kind, docOf(w, comments))
	}
	return b.String()
}
