package search

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Query is a parsed query. The nil and the zero Query match everything. A Query
// is safe for concurrent use.
type Query struct {
	terms []term
	text  string
}

// term is one condition.
type term struct {
	raw   string // as written
	not   bool
	match func(d *Document) bool
}

// Error says what is wrong with a query.
type Error struct {
	Query   string
	Term    string // the invalid part
	Problem string // the problem, and what is allowed
}

// Error names the term and the problem.
func (e *Error) Error() string {
	return fmt.Sprintf("query %q: %s: %s", e.Query, e.Term, e.Problem)
}

// maxTerms bounds the time that a query takes for an event.
const maxTerms = 100

// Parse parses a query; see the package comment for the language. Its error is
// an [*Error].
func Parse(text string) (*Query, error) {
	q := &Query{text: strings.TrimSpace(text)}
	rest := q.text
	for rest != "" {
		if len(q.terms) == maxTerms {
			return nil, &Error{Query: q.text[:len(q.text)-len(rest)], Term: "…", Problem: fmt.Sprintf("a query has at most %d terms", maxTerms)}
		}
		raw, t, after, problem := parseTerm(rest)
		if problem != "" {
			return nil, &Error{Query: q.text, Term: raw, Problem: problem}
		}
		t.raw = raw
		q.terms = append(q.terms, t)
		rest = strings.TrimLeftFunc(after, unicode.IsSpace)
	}
	return q, nil
}

// String returns the query as written.
func (q *Query) String() string {
	if q == nil {
		return ""
	}
	return q.text
}

// Terms returns the terms as written, in order.
func (q *Query) Terms() []string {
	if q == nil {
		return nil
	}
	out := make([]string, len(q.terms))
	for i, t := range q.terms {
		out[i] = t.raw
	}
	return out
}

// Match reports whether an event meets all terms.
func (q *Query) Match(d *Document) bool {
	if q == nil {
		return true
	}
	for _, t := range q.terms {
		if t.match(d) == t.not {
			return false
		}
	}
	return true
}

// parseTerm reads the term at the start of text.
func parseTerm(text string) (raw string, t term, rest, problem string) {
	body := text
	if after, ok := strings.CutPrefix(body, "-"); ok && after != "" && !unicode.IsSpace(rune(after[0])) {
		t.not, body = true, after
	}
	name := fieldName(body)
	value, rest, closed := readValue(body[len(name):])
	raw = text[:len(text)-len(rest)]
	if !closed {
		return raw, t, rest, `the quotation mark is not closed (write \" for one inside quotation marks)`
	}
	if name == "" {
		value = strings.ToLower(value)
		t.match = func(d *Document) bool { return strings.Contains(d.text, value) }
		return raw, t, rest, ""
	}
	name = strings.ToLower(strings.TrimSuffix(name, ":"))
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return raw, t, rest, unknownField(name)
	}
	if value == "" {
		return raw, t, rest, "the value is missing; expected " + fields[i].help
	}
	t.match, problem = fields[i].matcher(strings.ToLower(value))
	return raw, t, rest, problem
}

// fieldName returns the name with its colon, or "" for a term without a field.
func fieldName(text string) string {
	for i, r := range text {
		switch {
		case r == ':' && i > 0:
			return text[:i+1]
		case !unicode.IsLetter(r) && r != '_' && r != '.':
			return ""
		}
	}
	return ""
}

// readValue reads up to the next blank outside quotation marks, and removes the
// marks.
func readValue(text string) (value, rest string, closed bool) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			return b.String(), text[i:], true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", !quoted
}

func (f field) matcher(value string) (match func(*Document) bool, problem string) {
	switch {
	case f.name == "level":
		return levelMatcher(value)
	case f.name == "tag":
		name, want, hasValue := strings.Cut(value, "=")
		return func(d *Document) bool {
			got, ok := d.tags[name]
			return ok && (!hasValue || wildcard(want, got))
		}, ""
	case f.within:
		return func(d *Document) bool {
			return slices.ContainsFunc(d.values[f.name], func(v string) bool { return wildcard("*"+value+"*", v) })
		}, ""
	}
	return func(d *Document) bool {
		return slices.ContainsFunc(d.values[f.name], func(v string) bool { return wildcard(value, v) })
	}, ""
}

func levelMatcher(value string) (match func(*Document) bool, problem string) {
	name := strings.TrimLeft(value, "<>=")
	op := value[:len(value)-len(name)]
	want := slices.Index(levels, name)
	if want < 0 || !slices.Contains([]string{"", "=", ">", ">=", "<", "<="}, op) {
		return nil, fmt.Sprintf("%q is not a level: use one of %s, or >=, >, <= or < before one", value, strings.Join(levels, ", "))
	}
	return func(d *Document) bool {
		switch op {
		case ">":
			return d.level > want
		case ">=":
			return d.level >= want
		case "<":
			return d.level < want
		case "<=":
			return d.level <= want
		}
		return d.level == want
	}, ""
}

// wildcard compares text with a pattern in which * matches any text.
func wildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, last)
}

func unknownField(name string) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return fmt.Sprintf("there is no field %q: use one of %s; put text with a colon in quotation marks", name, strings.Join(names, ", "))
}
