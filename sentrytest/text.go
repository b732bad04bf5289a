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
