package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Payload is the JSON object of an item, or of one entry of a container, while
// it is read. It collects the problems of its accessors and the broken rules of
// the item.
type Payload struct {
	lenient.Object
	tree  any
	found List

	// Strict says that any value of a wrong type costs the whole item.
	Strict bool
}

// ReadPayload starts to read an item. If it is no JSON object, that is a
// finding, and the item reads like an empty one.
func ReadPayload(raw []byte) *Payload {
	p := &Payload{Object: lenient.Object{Reader: &lenient.Reader{}}}
	fields, err := jsontree.DecodeObject(raw)
	if err != nil {
		p.found.Add(Fatal, "", JSON, texts.Beginning(raw), "%s", err)
		return p
	}
	p.tree, p.Fields = fields, fields
	return p
}

// Findings returns what was found so far.
func (p *Payload) Findings() *List {
	for _, one := range p.Reader.Take() {
		if p.Strict {
			p.lost(one.Path, "%s", one.Expected())
		} else {
			p.found.problems(p.tree, []lenient.Problem{one})
		}
	}
	return &p.found
}

// Readable reports whether the payload is a JSON object.
func (p *Payload) Readable() bool { return p.tree != nil }

// Deprecated reports that the type of the item is old.
func (p *Payload) Deprecated(format string, args ...any) {
	p.found.Add(Info, "", Deprecated, Absent{}, format, args...)
}

// Lost reports a reason for which the server drops the whole item.
func (p *Payload) Lost(key, format string, args ...any) { p.lost(p.Path(key), format, args...) }

func (p *Payload) lost(path, format string, args ...any) { p.add(Fatal, path, Item, format, args...) }

// Advise reports a value that the server keeps, although the protocol has
// another.
func (p *Payload) Advise(key, format string, args ...any) {
	p.add(Info, p.Path(key), InvalidData, format, args...)
}

func (p *Payload) add(severity Severity, path, rule, format string, args ...any) {
	value, ok := jsontree.Lookup(p.tree, path)
	if !ok {
		value = Absent{}
	}
	p.found.Add(severity, path, rule, value, format, args...)
}

// TimeText reads a time that has to be a text.
func (p *Payload) TimeText(key string) time.Time {
	if _, isText := p.Fields[key].(string); p.Fields[key] != nil && !isText {
		p.Lost(key, "expected a timestamp as a text")
		return time.Time{}
	}
	return p.Time(key)
}

// UUID reports an id that is none.
func (p *Payload) UUID(key, text string) {
	if _, ok := eventid.Normalize(text); text != "" && !ok {
		p.Lost(key, "not a UUID")
	}
}

// Needs reports missing attributes without which the server drops the item.
func (p *Payload) Needs(keys ...string) {
	for _, key := range keys {
		if value, _ := jsontree.Lookup(p.Fields, key); p.tree != nil && (value == nil || value == "") {
			p.Lost(key, "missing: without it the server drops the item")
		}
	}
}

// Usual reads a word that is usually one of these. The server keeps any other.
func (p *Payload) Usual(key string, words ...string) string {
	text := p.Text(key)
	if text != "" && !slices.Contains(words, text) {
		p.Advise(key, "expected one of %s", strings.Join(words, ", "))
	}
	return text
}

// Word reads one of the words. With any other the server drops the item.
func (p *Payload) Word(key string, words ...string) string {
	text := p.Text(key)
	if text != "" && !slices.Contains(words, text) {
		p.Lost(key, "expected one of %s", strings.Join(words, ", "))
	}
	return text
}

// ID reads an id of 32 or 16 hexadecimal digits.
func (p *Payload) ID(key string, digits int) string {
	text := p.Text(key)
	if text != "" && !isHexID(text, digits) {
		p.Lost(key, "expected %d hexadecimal digits", digits)
	}
	return text
}

// Entry is one entry of a container of logs or metrics: {"items":[…]}.
type Entry struct {
	*Payload
	Raw    json.RawMessage
	Broken bool // stands for an unreadable container
}

// maxEntries limits the entries that are read of one container: three bytes of
// payload suffice for one.
const maxEntries = 10_000

// ReadContainer reads the entries of a container. A finding about the container
// itself comes with an entry of its own.
func ReadContainer(raw []byte) []Entry {
	whole := ReadPayload(raw)
	list, isList := whole.Fields["items"].([]any)
	if whole.tree != nil && !isList {
		whole.Lost("items", "expected a list of entries")
	}
	if len(whole.found.Found) > 0 {
		return []Entry{{whole, bytes.Clone(raw), true}}
	}
	var raws struct{ Items []json.RawMessage }
	// The items are a list. If the key is repeated, both readings use the last.
	_ = json.Unmarshal(raw, &raws)
	var out []Entry
	for i, inner := range list {
		if i == maxEntries {
			whole.found.Add(Info, "items", FurtherFindings, Absent{}, "%d further entries left out", len(list)-i)
			return append(out, Entry{whole, bytes.Clone(raw), true})
		}
		p := &Payload{Object: lenient.Object{Reader: &lenient.Reader{}, At: fmt.Sprintf("items.%d", i)}, tree: whole.tree}
		fields, ok := inner.(map[string]any)
		p.Fields = fields
		if !ok {
			p.found.Add(Fatal, p.At, JSON, inner, "expected an object")
		}
		one := Entry{Payload: p, Broken: !ok}
		if i < len(raws.Items) {
			one.Raw = raws.Items[i]
		}
		out = append(out, one)
	}
	return out
}

// Entries returns how many entries a container has.
func Entries(raw []byte) (int, bool) {
	list, ok := ReadPayload(raw).Fields["items"].([]any)
	return len(list), ok
}
