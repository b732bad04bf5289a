package main

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"os"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// maxProbe is the largest value, in characters or bytes, with which the oracle
// looks for a limit. Attributes that take it have no limit in the tables.
const maxProbe = 300_000

// bagOverhead is below the limit of a context, and above those of texts in it.
const bagOverhead = 8000

// moved are attributes that Relay keeps in another place: two become tags, and
// attributes of a user become data of the user.
var moved = []string{"server_name", "site", "user.zz_unknown"}

// attribute is what the probes of one attribute have shown.
type attribute struct {
	path         string
	takes, loses string // letters of kinds
	cut, drop    int    // characters of a text that are kept whole; 0 without a limit
	size         int    // bytes of a list or object that are kept whole; 0 without a limit
	gone         bool   // removed without an annotation
}

// steps returns where Relay has the attribute in its form of the event.
func (a *attribute) steps() []string {
	switch a.path {
	case "tags.{}":
		return []string{"tags", "0", "1"}
	case "request.env.{}":
		return []string{"request", "env", "k"}
	}
	steps := split(a.path)
	for i, step := range steps {
		steps[i] = strings.NewReplacer("[]", "0", "{}", "k").Replace(step)
	}
	return steps
}

// refused reports whether an annotation is at the attribute, or not below it.
func (a *attribute) refused(n normalized) bool {
	meta, _ := n.Event["_meta"].(map[string]any)
	var elsewhere func(node map[string]any, steps []string) bool
	elsewhere = func(node map[string]any, steps []string) bool {
		if _, here := node[""]; here {
			return true
		}
		for key, inner := range node {
			fields, _ := inner.(map[string]any)
			switch {
			case len(steps) > 0 && key == steps[0]:
				if elsewhere(fields, steps[1:]) {
					return true
				}
			case len(steps) > 0:
				return true
			}
		}
		return false
	}
	return meta != nil && elsewhere(meta, a.steps())
}

// cutsIn reports whether an annotation anywhere says that a part is cut off.
func cutsIn(v any) bool {
	fields, _ := v.(map[string]any)
	for key, inner := range fields {
		if key == "" {
			if own, _ := inner.(map[string]any); own["len"] != nil {
				return true
			}
		} else if cutsIn(inner) {
			return true
		}
	}
	return false
}

// writeTables probes all attributes and writes what they take as Go code.
func writeTables(ctx context.Context, r *relay, name string) error {
	var all []*attribute
	var probes [][]byte
	for _, path := range sites() {
		all = append(all, &attribute{path: path})
		for _, kind := range kinds {
			value := kind.value
			if with := companion(path); kind.letter == 'c' && with != "" {
				value = with
			}
			probes = append(probes, at(path, value))
		}
	}
	answers, err := r.judge(ctx, probes)
	if err != nil {
		return err
	}
	for i, a := range all {
		stays := false
		for j, kind := range kinds {
			switch answer := answers[i*len(kinds)+j]; {
			case answer.Lost != "":
				a.loses += string(kind.letter)
			case !a.refused(answer):
				a.takes += string(kind.letter)
				if v, _ := jsontree.Lookup(map[string]any(answer.Event), strings.Join(a.steps(), ".")); v != nil {
					stays = true
				}
			}
		}
		// Objects are gone if they are empty.
		a.gone = strings.Contains(a.takes, "s") && !stays && !slices.Contains(moved, a.path)
	}
	if err := findLimits(ctx, r, all); err != nil {
		return err
	}
	source, err := format.Source(tableSource(all))
	if err != nil {
		return err
	}
	return os.WriteFile(name, source, 0o644)
}

// findLimits looks for all limits at once, by halving.
func findLimits(ctx context.Context, r *relay, all []*attribute) error {
	type search struct {
		a         *attribute
		value     func(n int) string
		low, high int // low is kept whole, high is not
		last      normalized
	}
	text := func(n int) string { return quote(strings.Repeat("x", n)) }
	list := func(n int) string { // of n bytes or a few more
		return `{"k":[` + strings.TrimSuffix(strings.Repeat(text(19)+",", n/22), ",") + `]}`
	}
	var searches []*search
	for _, a := range all {
		if strings.Contains(a.takes, "s") {
			searches = append(searches, &search{a: a, value: text, low: 1, high: maxProbe})
		}
		if strings.Contains(a.takes, "O") && isBag(a.path) {
			searches = append(searches, &search{a: a, value: list, low: 50, high: maxProbe})
		}
	}
	for first := true; ; first = false {
		var open []*search
		var probes [][]byte
		for _, s := range searches {
			n := (s.low + s.high) / 2
			if first {
				n = s.high
			}
			if s.high-s.low > 1 {
				open = append(open, s)
				probes = append(probes, at(s.a.path, s.value(n)))
			}
		}
		if len(open) == 0 {
			break
		}
		answers, err := r.judge(ctx, probes)
		if err != nil {
			return err
		}
		for i, s := range open {
			n := (s.low + s.high) / 2
			whole := answers[i].Event["_meta"] == nil
			switch {
			case first && whole:
				s.low = s.high // no limit
			case first:
				s.last = answers[i]
			case whole:
				s.low = n
			default:
				s.high, s.last = n, answers[i]
			}
		}
	}
	for _, s := range searches {
		switch {
		case s.low >= maxProbe:
		case strings.HasPrefix(s.a.path, "contexts.") && s.a.path != "contexts.{}" && s.low > bagOverhead:
			// All of a context shares one limit.
		case strings.HasPrefix(s.value(1), "{"):
			s.a.size = s.low
		case cutsIn(s.last.Event["_meta"]):
			s.a.cut = s.low
		default:
			s.a.drop = s.low
		}
	}
	return nil
}

// isBag reports whether an attribute has values of any form.
func isBag(path string) bool {
	for _, end := range []string{".data", "extra.{}", "contexts.{}", ".vars", "request.env", "logentry.params"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

func tableSource(all []*attribute) []byte {
	var b bytes.Buffer
	b.WriteString("package lint\n\n")
	fmt.Fprintf(&b, "// attributes has what Relay does with the values of each attribute, measured\n"+
		"// with %s by go run ./sentrytest/interop/oracle --tables,\n"+
		"// which writes this file. Attributes that are not here take any value.\n", requirement)
	b.WriteString("var attributes = map[string]attribute{\n")
	for _, a := range all {
		fmt.Fprintf(&b, "%q: {takes: %q", a.path, a.takes)
		if a.loses != "" {
			fmt.Fprintf(&b, ", loses: %q", a.loses)
		}
		for _, limit := range []struct {
			name string
			n    int
		}{{"cut", a.cut}, {"drop", a.drop}, {"size", a.size}} {
			if limit.n > 0 {
				fmt.Fprintf(&b, ", %s: %d", limit.name, limit.n)
			}
		}
		if a.gone {
			b.WriteString(", gone: true")
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}
