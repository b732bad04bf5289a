package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Decode reads one JSON value. Numbers become float64, or json.Number if a
// float64 would lose digits, so that a 64-bit id survives.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the JSON value")
	}
	return plainNumbers(v), nil
}

// plainNumbers replaces json.Number in place where that loses nothing.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = plainNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = plainNumbers(inner)
		}
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return v // beyond what a float64 can express
		}
		const exact = 1 << 53
		if (f >= exact || f <= -exact) && !strings.ContainsAny(v.String(), ".eE") {
			return v
		}
		return f
	}
	return v
}

// Of turns a Go value into the tree of its JSON.
func Of(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return Decode(raw)
}

// Equal reports whether two values are the same JSON.
func Equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// Show returns a value as JSON, cut to a length for messages.
func Show(v any) string { return texts.Shorten(Text(v), 200) }

// Text returns a value as JSON on one line.
func Text(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// Lookup follows a path of object keys and list indexes joined by dots, for
// example "exception.values.0.type". Keys may contain dots: at each step the
// longest matching key wins. Negative indexes count from the end.
func Lookup(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	switch v := v.(type) {
	case map[string]any:
		for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
			inner, ok := v[path[:end]]
			if !ok {
				continue
			}
			if end == len(path) {
				return inner, true
			}
			if found, ok := Lookup(inner, path[end+1:]); ok {
				return found, true
			}
		}
	case []any:
		head, rest, _ := strings.Cut(path, ".")
		i, err := strconv.Atoi(head)
		if err == nil && i < 0 {
			i += len(v)
		}
		if err == nil && i >= 0 && i < len(v) {
			return Lookup(v[i], rest)
		}
	}
	return nil, false
}

// Number returns the value of a JSON number.
func Number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case interface{ Float64() (float64, error) }:
		n, err := v.Float64()
		return n, err == nil && !math.IsInf(n, 0)
	}
	return 0, false
}

// Measure returns how deeply a value is nested, 0 for a scalar, and about how
// many bytes its JSON has.
func Measure(value any) (depth, size int) {
	add := func(inner any) {
		d, n := Measure(inner)
		depth, size = max(depth, d+1), size+n+1
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			size += len(key) + 3
			add(inner)
		}
		return max(depth, 1), size + 1
	case []any:
		for _, inner := range v {
			add(inner)
		}
		return max(depth, 1), size + 1
	case string:
		return 0, len(v) + 2
	}
	return 0, len(Show(value))
}

// List returns the entries of a list, or the value itself as the only one.
func List(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
