package jsontree

import (
	"maps"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Difference is a value that differs from the wanted one.
type Difference struct {
	Path      string
	Want, Got string // as JSON; Absent for a value that is not there
}

// Absent is the text of an absent value.
const Absent = "nothing"

// Diff lists the innermost values that differ, by their paths.
func Diff(path string, want, got any) []Difference {
	if Equal(want, got) {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return objectDiff(path, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return listDiff(path, w, g)
		}
	}
	return []Difference{{Path: path, Want: Text(want), Got: Text(got)}}
}

func objectDiff(path string, want, got map[string]any) []Difference {
	keys := map[string]bool{}
	for key := range want {
		keys[key] = true
	}
	for key := range got {
		keys[key] = true
	}
	var diffs []Difference
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		w, wanted := want[key]
		g, there := got[key]
		diffs = append(diffs, entryDiff(Join(path, key), w, wanted, g, there)...)
	}
	return diffs
}

// listDiff skips equal entries at both ends, so that an added or removed entry
// is one difference. A path has the index in the wanted list if that has the
// entry, and else in the other.
func listDiff(path string, want, got []any) []Difference {
	start, end := texts.SharedEnds(len(want), len(got), func(i, j int) bool { return Equal(want[i], got[j]) })
	want, got = want[:len(want)-end], got[:len(got)-end]
	var diffs []Difference
	for i := start; i < len(want) || i < len(got); i++ {
		var w, g any
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		diffs = append(diffs, entryDiff(Join(path, strconv.Itoa(i)), w, i < len(want), g, i < len(got))...)
	}
	return diffs
}

func entryDiff(path string, want any, wanted bool, got any, there bool) []Difference {
	switch {
	case !wanted:
		return []Difference{{Path: path, Want: Absent, Got: Text(got)}}
	case !there:
		return []Difference{{Path: path, Want: Text(want), Got: Absent}}
	}
	return Diff(path, want, got)
}

// Join joins a path and a key below it by a dot.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
