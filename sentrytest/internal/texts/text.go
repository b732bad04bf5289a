// Package texts has helpers for messages.
//
// It must know nothing of events, requests or HTTP.
package texts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shorten cuts a text at about limit bytes.
func Shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// OneLine replaces control characters, for messages and headers.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// SortedKeys returns the keys of a map in their order.
func SortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// Indent puts a prefix before every line of a text.
func Indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(text, "\n", "\n"+prefix)
}

// Beginning returns as much of a text as messages show.
func Beginning(raw []byte) string {
	return Shorten(string(raw[:min(len(raw), 300)]), 200)
}

// SharedEnds returns how many entries two lists of the given lengths have in
// common at their beginnings, and of the rest at their ends. equal compares an
// entry of the first with one of the second.
func SharedEnds(first, second int, equal func(i, j int) bool) (start, end int) {
	for start < min(first, second) && equal(start, start) {
		start++
	}
	for end < min(first, second)-start && equal(first-1-end, second-1-end) {
		end++
	}
	return start, end
}

// List returns one entry a line, each line after a line end and an indent. Of
// more than most entries it returns the first ones and how many are left out.
func List[T any](list []T, most int, indent string, text func(T) string) string {
	var b strings.Builder
	for i, item := range list {
		if i == most {
			fmt.Fprintf(&b, "\n%sand %d more", indent, len(list)-most)
			break
		}
		b.WriteString("\n" + Indent(text(item), indent))
	}
	return b.String()
}

// Count returns a number and a noun, in the plural unless the number is 1.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
