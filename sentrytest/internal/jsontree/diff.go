package jsontree

import (
	"maps"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Difference is a value that differs from the one that was wanted.
type Difference struct {
	Path      string
	Want, Got string // as JSON; Absent for a value that is not there
}

// Absent stands for a value that is not there.
const Absent = "nothing"

// Diff lists what differs between two JSON values, one entry for each innermost
// value, by its path.
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

// listDiff matches equal entries at both ends, so an added or removed entry is
// one difference. Paths count in the list that has the entry, the wanted one if
// both do.
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
