package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// facet is a field that can filter the list, with its values.
type facet struct {
	Name   string
	Values []facetValue
	More   int // the number of values that are not shown
}

type facetValue struct {
	Value  string
	Events int
	Active bool   // the query has this value
	URL    string // of the list with the value added, or removed if it is active
}

// maxFacet bounds the values of a facet that are shown.
const maxFacet = 6

var facetFields = []struct {
	field, name string
	of          func(e *store.Event) string
}{
	{"level", "Level", func(e *store.Event) string { return e.Level }},
	{"project", "Project", func(e *store.Event) string { return e.ProjectID }},
	{"environment", "Environment", func(e *store.Event) string { return e.Environment }},
	{"release", "Release", func(e *store.Event) string { return e.Release }},
	{"sdk", "SDK", func(e *store.Event) string { return e.SDK.Name }},
}

// facets counts the values of the events. It leaves out empty fields.
func facets(events []*store.Event, q *search.Query, at place) []facet {
	var out []facet
	for _, field := range facetFields {
		counts := map[string]int{}
		for _, e := range events {
			if v := field.of(e); v != "" {
				counts[v]++
			}
		}
		if len(counts) == 0 {
			continue
		}
		f := facet{Name: field.name}
		for _, v := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
		}) {
			if len(f.Values) == maxFacet {
				f.More = len(counts) - maxFacet
				break
			}
			f.Values = append(f.Values, narrow(q, at, term(field.field, v), facetValue{Value: cut(v, 100), Events: counts[v]}))
		}
		out = append(out, f)
	}
	return out
}

func narrow(q *search.Query, at place, t string, v facetValue) facetValue {
	terms := q.Terms()
	v.Active = slices.Contains(terms, t)
	query := withTerm(at.query, t)
	if v.Active {
		query = strings.Join(slices.DeleteFunc(terms, func(other string) bool { return other == t }), " ")
	}
	v.URL = place{query: query, grouped: at.grouped}.url()
	return v
}

// term returns a condition in the query language.
func term(field, value string) string {
	if strings.ContainsAny(value, " \t\r\n\"\\") || value == "" {
		value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	return field + ":" + value
}

func withTerm(query, t string) string { return strings.TrimSpace(query + " " + t) }
