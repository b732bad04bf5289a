package jsontree

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzMembers compares the splitting of objects with what encoding/json makes
// of them.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` { "a" : 1 , "b":[{"c":"}"}],"d":"\"}\\","e":null,"\u0061":-1.5e3 } `, `{"a":"\\"}`, `{"a":{}}x`, `{"a"}`, `[]`, `{"a":1,}`, `{`, `{"`, `{"\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want map[string]json.RawMessage
		valid := json.Unmarshal(raw, &want) == nil && want != nil
		if _, err := ParseObject(raw); (err == nil) != valid {
			t.Fatalf("%q: ParseObject says %v, encoding/json %v", raw, err, valid)
		}
		object, err := TakeObject(raw)
		n := len(object.text)
		if valid && (err != nil || SkipSpace(raw, n) != len(raw)) {
			t.Fatalf("%q: TakeObject says %d, %v", raw, n, err)
		}
		if err != nil {
			return
		}
		if err := json.Unmarshal(raw[:n], &want); err != nil {
			t.Fatalf("%q: TakeObject took %q: %v", raw, raw[:n], err)
		}
		got := map[string]json.RawMessage{}
		err = object.Members(func(key string, value json.RawMessage) error {
			if !json.Valid(value) {
				return errors.New("not JSON: " + string(value))
			}
			var text string
			// encoding/json replaces what is not UTF-8 in keys.
			quoted, _ := json.Marshal(key)
			_ = json.Unmarshal(quoted, &text)
			got[text] = value
			return nil
		})
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q:\n%s", raw, diff)
		}
	})
}
