package jsontree

import (
	"maps"
	"slices"
)

// CloneMap copies an object with everything in it.
func CloneMap(m map[string]any) map[string]any {
	m = maps.Clone(m)
	for k, v := range m {
		m[k] = CloneValue(v)
	}
	return m
}

// cloneList copies a list with everything in it.
func cloneList(l []any) []any {
	l = slices.Clone(l)
	for i, v := range l {
		l[i] = CloneValue(v)
	}
	return l
}

// CloneValue copies a JSON value; its scalars are immutable.
func CloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return CloneMap(v)
	case []any:
		return cloneList(v)
	}
	return v
}
