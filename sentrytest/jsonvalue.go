package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// decodeJSON reads one JSON value. Numbers become float64 if that keeps all of their digits, and
// json.Number if it does not, so that a 64-bit id survives.
func decodeJSON(raw []byte) (any, error) {
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

// plainNumbers replaces json.Number in place where nothing is lost by it.
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

// toJSONValue turns a Go value into what it would be after a trip through JSON.
func toJSONValue(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decodeJSON(raw)
}

func equalJSON(a, b any) bool { return reflect.DeepEqual(a, b) }

// showJSON returns a value as JSON, cut to a length for messages.
func showJSON(v any) string { return shorten(jsonText(v), 200) }

// jsonText returns a value as JSON on one line.
func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// lookup follows a path of object keys and list indexes joined by dots, for example
// "exception.values.0.type". A key that contains dots itself is found too: at each step the longest
// matching key wins. Negative indexes count from the end.
func lookup(v any, path string) (any, bool) {
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
			if found, ok := lookup(inner, path[end+1:]); ok {
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
			return lookup(v[i], rest)
		}
	}
	return nil, false
}
