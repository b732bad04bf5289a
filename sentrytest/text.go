package sentrytest

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// shorten cuts a text for messages at about limit bytes.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// oneLine replaces what would break a line, in messages and in headers.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// indent puts a prefix before every line of a text.
func indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(text, "\n", "\n"+prefix)
}

// beginning returns as much of a text as messages show.
func beginning(raw []byte) string {
	return shorten(string(raw[:min(len(raw), 300)]), 200)
}

// sharedEnds returns how many entries two lists of the given lengths have in common at their beginnings, and of the
// rest at their ends; equal compares an entry of the first with one of the second.
func sharedEnds(first, second int, equal func(i, j int) bool) (start, end int) {
	for start < min(first, second) && equal(start, start) {
		start++
	}
	for end < min(first, second)-start && equal(first-1-end, second-1-end) {
		end++
	}
	return start, end
}
