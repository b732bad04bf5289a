// Package jsontree reads JSON in two ways: as text that is split into members
// without decoding it ([Object]), and as a tree of Go values whose numbers keep
// all their digits ([Decode]). It compares trees, follows paths in them and
// shows them.
//
// It must know nothing of events, envelopes or findings.
package jsontree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The functions here split JSON objects into their members without decoding
// them. Every accepted event passes through them, and decoding it into maps
// would cost more than the rest of accepting it.

// Object is the text of one valid JSON object, white space around it included.
// Only the functions below make one, so that its methods can rely on that. The
// zero value has no members.
type Object struct{ text []byte }

// ParseObject returns raw if it is one JSON object, and else an error that
// names what it is.
func ParseObject(raw []byte) (Object, error) {
	at := SkipSpace(raw, 0)
	if at < len(raw) && raw[at] == '{' {
		if end := valid(raw, at, 0); end >= 0 && SkipSpace(raw, end) == len(raw) {
			return Object{raw}, nil
		}
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return Object{}, fmt.Errorf("expected an object, found %s", wrongType.Value)
	}
	if err != nil {
		return Object{}, err
	}
	return Object{}, errors.New("expected an object, found null")
}

// DecodeObject reads a JSON object into a tree as [Decode] does. Its error
// names what else raw is.
func DecodeObject(raw []byte) (map[string]any, error) {
	tree, err := Decode(raw)
	if fields, ok := tree.(map[string]any); ok && err == nil {
		return fields, nil
	}
	if _, better := ParseObject(raw); better != nil {
		err = better
	}
	return nil, err
}

// ObjectOf writes fields as JSON. It fails if they are nested deeper than the
// 10,000 levels that encoding/json reads.
func ObjectOf(fields map[string]any) (Object, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return Object{}, err
	}
	return ParseObject(raw)
}

// TakeObject returns the JSON object at the beginning of raw, with the white
// space before it.
func TakeObject(raw []byte) (Object, error) {
	start := SkipSpace(raw, 0)
	if start == len(raw) || raw[start] != '{' {
		return Object{}, errors.New("not a JSON object")
	}
	if end := valid(raw, start, 0); end >= 0 {
		return Object{raw[:end]}, nil
	}
	// encoding/json describes every error, a missing end included.
	var object json.RawMessage
	return Object{}, json.Unmarshal(raw[start:skipValue(raw, start)], &object)
}

// Decode reads the object into a tree. It fails only if the object is nested
// deeper than encoding/json reads.
func (o Object) Decode() (map[string]any, error) { return DecodeObject(o.text) }

// Clone returns a copy that shares no memory.
func (o Object) Clone() Object { return Object{bytes.Clone(o.text)} }

// Bytes returns the text, which shares memory with the object.
func (o Object) Bytes() []byte { return o.text }

// Members visits the members in their order. Values share memory with the
// object.
func (o Object) Members(visit func(key string, value json.RawMessage) error) error {
	raw := o.text
	at := SkipSpace(raw, SkipSpace(raw, 0)+1) // behind the brace
	for at < len(raw) && raw[at] != '}' {
		end := skipValue(raw, at)
		key, err := Unquote(raw[at:end])
		if err != nil {
			return err
		}
		at = SkipSpace(raw, SkipSpace(raw, end)+1) // behind the colon
		end = skipValue(raw, at)
		if err := visit(key, raw[at:end:end]); err != nil {
			return err
		}
		at = SkipSpace(raw, end)
		if at < len(raw) && raw[at] == ',' {
			at = SkipSpace(raw, at+1)
		}
	}
	return nil
}

// Member returns the value of a key, nil if there is none, and the last of
// several.
func (o Object) Member(name string) json.RawMessage {
	var found json.RawMessage
	// Neither the visitor nor unquoting the keys of valid JSON fails.
	_ = o.Members(func(key string, value json.RawMessage) error {
		if key == name {
			found = value
		}
		return nil
	})
	return found
}

// TextAt returns the text of a key, "" if it has none.
func (o Object) TextAt(name string) string {
	value := o.Member(name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	text, _ := Unquote(value) // strings of valid JSON can be unquoted
	return text
}

// Unquote returns the text of a JSON value that is a string.
func Unquote(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", errors.New("not a JSON string")
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err
}

// SkipSpace returns where the white space at the given place ends.
func SkipSpace(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\r' || raw[at] == '\t') {
		at++
	}
	return at
}

// skipValue returns where the JSON value at the given place ends. It counts
// brackets outside of strings. For invalid JSON it stops anywhere, at the
// latest at the end.
func skipValue(raw []byte, at int) int {
	depth := 0
	for at < len(raw) {
		switch raw[at] {
		case '"':
			at = skipString(raw, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			if depth == 0 {
				return at // the end of a number or word
			}
			depth--
			at++
		case ',', ' ', '\n', '\r', '\t', ':':
			if depth == 0 {
				return at
			}
			at++
			continue
		default:
			at++
			continue
		}
		if depth == 0 {
			return at
		}
	}
	return at
}

func skipString(raw []byte, at int) int {
	for at++; at < len(raw); at++ {
		at = plainText(raw, at)
		switch {
		case at == len(raw):
		case raw[at] == '\\':
			at++
		case raw[at] == '"':
			return at + 1
		}
	}
	return len(raw)
}
