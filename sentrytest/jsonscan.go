package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The functions here split JSON objects into their members without decoding them. Every accepted event passes through
// them, and decoding it into maps would cost more than all the rest of accepting it.

// checkObject returns nil if raw is one JSON object, and else what it is instead.
func checkObject(raw []byte) error {
	at := skipSpace(raw, 0)
	if at < len(raw) && raw[at] == '{' && json.Valid(raw) {
		return nil
	}
	var fields map[string]json.RawMessage
	err := json.Unmarshal(raw, &fields)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return fmt.Errorf("expected an object, found %s", wrongType.Value)
	}
	if err != nil {
		return err
	}
	return errors.New("expected an object, found null")
}

// takeObject returns the length of the JSON object, checked, at the beginning of raw, with the white space before it.
func takeObject(raw []byte) (int, error) {
	start := skipSpace(raw, 0)
	if start == len(raw) || raw[start] != '{' {
		return 0, errors.New("not a JSON object")
	}
	end := skipValue(raw, start)
	if json.Valid(raw[start:end]) {
		return end, nil
	}
	// Whatever is wrong, an object without end included, encoding/json can say it best.
	var object json.RawMessage
	return 0, json.Unmarshal(raw[start:end], &object)
}

// members visits the members of a valid JSON object in their order. Values share memory with raw.
func members(raw []byte, visit func(key string, value json.RawMessage) error) error {
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

// member returns the value of a key in a valid JSON object, nil if there is none. The last of several wins.
func member(raw []byte, name string) json.RawMessage {
	var found json.RawMessage
	// The visitor does not fail, and the keys of valid JSON can be unquoted.
	_ = members(raw, func(key string, value json.RawMessage) error {
		if key == name {
			found = value
		}
		return nil
	})
	return found
}

// stringAt returns the text of a key in a valid JSON object, "" if it has none.
func stringAt(raw []byte, name string) string {
	value := member(raw, name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	text, _ := unquote(value) // strings of valid JSON can be unquoted
	return text
}

// unquote returns the text of a JSON value that is a string.
func unquote(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
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
