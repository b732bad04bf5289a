package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The functions here split JSON objects into their members without decoding them. Every accepted event passes through
// them, and decoding it into maps would cost more than all the rest of accepting it.

// objectText is the text of one valid JSON object, white space around it included. Only the functions below make one,
// so its methods can rely on that. The zero value has no members.
type objectText struct{ text []byte }

// checkObject returns raw if it is one JSON object, and else an error that says what it is instead.
func checkObject(raw []byte) (objectText, error) {
	at := skipSpace(raw, 0)
	if at < len(raw) && raw[at] == '{' && json.Valid(raw) {
		return objectText{raw}, nil
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return objectText{}, fmt.Errorf("expected an object, found %s", wrongType.Value)
	}
	if err != nil {
		return objectText{}, err
	}
	return objectText{}, errors.New("expected an object, found null")
}

// objectOf writes fields as JSON. An object that was read can still be too deep: encoding/json reads 10,000 levels, and a
// level may have been added.
func objectOf(fields map[string]any) (objectText, error) {
	raw, err := json.Marshal(fields)
	if err != nil {
		return objectText{}, err
	}
	return checkObject(raw)
}

// takeObject returns the JSON object at the beginning of raw, with the white space before it.
func takeObject(raw []byte) (objectText, error) {
	start := skipSpace(raw, 0)
	if start == len(raw) || raw[start] != '{' {
		return objectText{}, errors.New("not a JSON object")
	}
	end := skipValue(raw, start)
	if json.Valid(raw[start:end]) {
		return objectText{raw[:end]}, nil
	}
	// Whatever is wrong, an object without end included, encoding/json can say it best.
	var object json.RawMessage
	return objectText{}, json.Unmarshal(raw[start:end], &object)
}

// clone returns a copy that shares no memory.
func (o objectText) clone() objectText { return objectText{bytes.Clone(o.text)} }

// members visits the members in their order. Values share memory with the object.
func (o objectText) members(visit func(key string, value json.RawMessage) error) error {
	raw := o.text
	at := skipSpace(raw, skipSpace(raw, 0)+1) // behind the brace
	for at < len(raw) && raw[at] != '}' {
		end := skipValue(raw, at)
		key, err := unquote(raw[at:end])
		if err != nil {
			return err
		}
		at = skipSpace(raw, skipSpace(raw, end)+1) // behind the colon
		end = skipValue(raw, at)
		if err := visit(key, raw[at:end:end]); err != nil {
			return err
		}
		at = skipSpace(raw, end)
		if at < len(raw) && raw[at] == ',' {
			at = skipSpace(raw, at+1)
		}
	}
	return nil
}

// member returns the value of a key, nil if there is none. The last of several wins.
func (o objectText) member(name string) json.RawMessage {
	var found json.RawMessage
	// The visitor does not fail, and the keys of valid JSON can be unquoted.
	_ = o.members(func(key string, value json.RawMessage) error {
		if key == name {
			found = value
		}
		return nil
	})
	return found
}

// stringAt returns the text of a key, "" if it has none.
func (o objectText) stringAt(name string) string {
	value := o.member(name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	text, _ := unquote(value) // strings of valid JSON can be unquoted
	return text
}

// unquote returns the text of a JSON value that is a string.
func unquote(raw []byte) (string, error) {
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

func skipSpace(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\r' || raw[at] == '\t') {
		at++
	}
	return at
}

// skipValue returns where the JSON value at the given place ends. It counts brackets outside of strings, and is right
// for valid JSON; for anything else it stops somewhere, at the latest at the end.
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
		switch raw[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(raw)
}
