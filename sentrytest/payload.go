package sentrytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// payload is the JSON object of an item, or of one entry of a container, while it is read. It collects what is wrong
// with it: what the object's accessors cannot read, and what breaks the item's rules.
type payload struct {
	object
	tree  any
	found findings
}

// readPayload starts to read an item. What is no JSON object is a finding, and reads like an empty one.
func readPayload(raw []byte) *payload {
	p := &payload{object: object{reader: &reader{}}}
	if _, err := jsontree.ParseObject(raw); err != nil {
		p.found.add(SeverityFatal, "", RuleJSON, texts.Beginning(raw), "%s", err)
		return p
	}
	tree, err := jsontree.Decode(raw)
	if err != nil {
		p.found.add(SeverityFatal, "", RuleJSON, texts.Beginning(raw), "%s", err)
		return p
	}
	p.tree = tree
	p.fields, _ = tree.(map[string]any)
	return p
}

// findings returns what was found so far.
func (p *payload) findings() []Finding {
	p.found.problems(p.tree, p.reader.problems)
	p.reader.problems = nil
	return p.found.sorted()
}

// lost reports what costs the whole item.
func (p *payload) lost(key, format string, args ...any) {
	value, ok := jsontree.Lookup(p.tree, p.path(key))
	if !ok {
		value = absent{}
	}
	p.found.add(SeverityFatal, p.path(key), RuleItem, value, format, args...)
}

// needs reports attributes without which the server drops the item.
func (p *payload) needs(keys ...string) {
	for _, key := range keys {
		if value, _ := jsontree.Lookup(p.fields, key); p.tree != nil && (value == nil || value == "") {
			p.lost(key, "missing: without it the server drops the item")
		}
	}
}

// word reports an attribute that is there and none of the words: the server drops the item.
func (p *payload) word(key string, words ...string) string {
	text := p.text(key)
	if text == "" {
		return ""
	}
	for _, one := range words {
		if text == one {
			return text
		}
	}
	p.lost(key, "expected one of %s", strings.Join(words, ", "))
	return text
}

// id reads an id of 32 or 16 hexadecimal digits.
func (p *payload) id(key string, digits int) string {
	text := p.text(key)
	if text != "" && !isHexID(text, digits) {
		p.lost(key, "expected %d hexadecimal digits", digits)
	}
	return text
}

// duration reads seconds.
func (o object) duration(key string) *time.Duration {
	v := o.fields[key]
	if v == nil {
		return nil
	}
	seconds, ok := jsontree.Number(v)
	if !ok || seconds < 0 || seconds > 1e9 {
		o.wrong(key, "a number of seconds", v)
		return nil
	}
	d := time.Duration(seconds * float64(time.Second))
	return &d
}

// count reads a number of things, 0 when it is absent.
func (o object) count(key string) int {
	n, _ := o.integer(key)
	if n < 0 {
		o.wrong(key, "a number not below 0", o.fields[key])
	}
	return n
}

// containerEntry is one entry of a container of logs or metrics: {"items":[…]}.
type containerEntry struct {
	*payload
	raw    json.RawMessage
	broken bool // stands for a container that cannot be read
}

// maxEntries bounds the entries that are read of one container: three bytes of payload are enough for one.
const maxEntries = 10_000

// readContainer reads the entries of a container. What is wrong with the container itself is the finding of an entry
// that stands for it.
func readContainer(item Item) []containerEntry {
	whole := readPayload(item.Payload)
	list, isList := whole.fields["items"].([]any)
	if whole.tree != nil && !isList {
		whole.lost("items", "expected a list of entries")
	}
	if len(whole.found.list) > 0 {
		return []containerEntry{{whole, bytes.Clone(item.Payload), true}}
	}
	var raws struct{ Items []json.RawMessage }
	// The items are known to be a list; should one be repeated, the last counts in both readings.
	_ = json.Unmarshal(item.Payload, &raws)
	var out []containerEntry
	for i, inner := range list {
		if i == maxEntries {
			whole.found.add(SeverityInfo, "items", RuleMore, absent{}, "%d further entries left out", len(list)-i)
			return append(out, containerEntry{whole, bytes.Clone(item.Payload), true})
		}
		p := &payload{object: object{reader: &reader{}, at: fmt.Sprintf("items.%d", i)}, tree: whole.tree}
		fields, ok := inner.(map[string]any)
		p.fields = fields
		if !ok {
			p.found.add(SeverityFatal, p.at, RuleJSON, inner, "expected an object")
		}
		one := containerEntry{payload: p, broken: !ok}
		if i < len(raws.Items) {
			one.raw = raws.Items[i]
		}
		out = append(out, one)
	}
	return out
}

// readContainers reads the entries of all containers of a type, in their order.
func readContainers[T any](e Envelope, itemType string, read func(containerEntry, Request) T) []T {
	var out []T
	for _, item := range e.ItemsOfType(itemType) {
		for _, one := range readContainer(item) {
			out = append(out, read(one, e.Received.clone()))
		}
	}
	return out
}

// checkContainer holds the header of a container against its contents.
func checkContainer(item Item, contentType string) []Finding {
	f := &findings{}
	if _, ok := item.Header["item_count"]; !ok {
		f.add(SeverityFatal, "", RuleItem, absent{}, "item_count is missing in the item's header")
	} else if n, ok := entries(item); ok && n != item.ItemCount {
		f.add(SeverityWarning, "", RuleInvalidData, item.ItemCount, "item_count is not the number of entries, which is %d", n)
	}
	if item.ContentType != contentType {
		f.add(SeverityWarning, "", RuleInvalidData, item.ContentType, "the content_type of the item is %s", contentType)
	}
	return f.sorted()
}

// entries returns how many entries a container has.
func entries(item Item) (int, bool) {
	list, ok := readPayload(item.Payload).fields["items"].([]any)
	return len(list), ok
}

// Attribute is a typed value of a log or metric.
type Attribute struct {
	Value any    // a JSON value
	Type  string // string, boolean, integer, double or array
	Unit  string // "" when absent
}

// attributes reads the attributes of a log or metric. One that is not of its type is lost alone.
func (p *payload) attributes() map[string]Attribute {
	all := p.sub("attributes")
	var out map[string]Attribute
	for _, name := range texts.SortedKeys(all.fields) {
		if all.fields[name] == nil {
			continue
		}
		one := all.sub(name)
		a := Attribute{Value: one.fields["value"], Type: one.text("type"), Unit: one.text("unit")}
		if one.fields != nil && !a.typed() {
			one.problem("value", fmt.Sprintf("expected a value of type %q, found %s", a.Type, jsontree.Show(a.Value)))
		}
		if out == nil {
			out = map[string]Attribute{}
		}
		out[name] = a
	}
	return out
}

func (a Attribute) typed() bool {
	switch a.Value.(type) {
	case nil:
		return true
	case string:
		return a.Type == "string"
	case bool:
		return a.Type == "boolean"
	case []any:
		return a.Type == "array" || len(a.Type) > 2 && a.Type[len(a.Type)-2:] == "[]"
	}
	n, ok := jsontree.Number(a.Value)
	return ok && (a.Type == "double" || a.Type == "integer" && n == float64(int64(n)))
}
