package sentrytest

import (
	"maps"
	"slices"
	"strconv"
)

// jsonDiff lists what differs between two JSON values, one entry for each innermost value, by its path.
func jsonDiff(path string, want, got any) []FieldDiff {
	if equalJSON(want, got) {
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
	return []FieldDiff{{Field: path, Want: jsonText(want), Got: jsonText(got)}}
}

func objectDiff(path string, want, got map[string]any) []FieldDiff {
	keys := map[string]bool{}
	for key := range want {
		keys[key] = true
	}
	for key := range got {
		keys[key] = true
	}
	var diffs []FieldDiff
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		w, wanted := want[key]
		g, there := got[key]
		diffs = append(diffs, entryDiff(under(path, key), w, wanted, g, there)...)
	}
	return diffs
}

// listDiff takes equal entries at both ends for the same ones, so that one that was added or removed is one
// difference. Paths count in the list that has the entry, the wanted one if both do.
func listDiff(path string, want, got []any) []FieldDiff {
	start, end := sharedEnds(len(want), len(got), func(i, j int) bool { return equalJSON(want[i], got[j]) })
	want, got = want[:len(want)-end], got[:len(got)-end]
	var diffs []FieldDiff
	for i := start; i < len(want) || i < len(got); i++ {
		var w, g any
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		diffs = append(diffs, entryDiff(under(path, strconv.Itoa(i)), w, i < len(want), g, i < len(got))...)
	}
	return diffs
}

func entryDiff(path string, want any, wanted bool, got any, there bool) []FieldDiff {
	switch {
	case !wanted:
		return []FieldDiff{{Field: path, Want: nothing, Got: jsonText(got)}}
	case !there:
		return []FieldDiff{{Field: path, Want: jsonText(want), Got: nothing}}
	}
	return jsonDiff(path, want, got)
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
