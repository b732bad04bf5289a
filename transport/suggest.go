package transport

import (
	"maps"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// nearest returns the candidate that was probably meant by name, or "". A
// candidate is near if it has the same words in another order (ssl_verify for
// verify_ssl), or if at most a third of its letters differ.
func nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+1
	for _, c := range candidates {
		if words(c) == words(strings.ToLower(name)) {
			return c
		}
		if d := editDistance(strings.ToLower(name), c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

func words(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("_-.+", r) })
	slices.Sort(parts)
	return strings.Join(parts, "_")
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours between two strings.
func editDistance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
