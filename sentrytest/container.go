package sentrytest

import (
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// readContainers reads the entries of all containers of a type, in their order.
func readContainers[T any](e Envelope, itemType string, read func(lint.Entry, Request) T) []T {
	var out []T
	for _, item := range e.ItemsOfType(itemType) {
		for _, one := range lint.ReadContainer(item.Payload) {
			out = append(out, read(one, e.Received.clone()))
		}
	}
	return out
}

// checkContainer holds the header of a container against its contents.
func checkContainer(item Item, contentType string) []Finding {
	f := &lint.List{}
	if _, ok := item.Header["item_count"]; !ok {
		f.Add(lint.Fatal, "", RuleItem, lint.Absent{}, "item_count is missing in the item's header")
	} else if n, ok := lint.Entries(item.Payload); ok && n != item.ItemCount {
		f.Add(lint.Warning, "", RuleInvalidData, item.ItemCount, "item_count is not the number of entries, which is %d", n)
	}
	if item.ContentType != contentType {
		f.Add(lint.Warning, "", RuleInvalidData, item.ContentType, "the content_type of the item is %s", contentType)
	}
	return sorted(f)
}

// Attribute is a typed value of a log or metric.
type Attribute struct {
	Value any    // a JSON value
	Type  string // string, boolean, integer, double or array
	Unit  string // "" when absent
}

// attributes reads the attributes of a log or metric. One that is not of its type is lost alone.
func attributesOf(p *lint.Payload) map[string]Attribute {
	all := p.Sub("attributes")
	var out map[string]Attribute
	for _, name := range texts.SortedKeys(all.Fields) {
		if all.Fields[name] == nil {
			continue
		}
		one := all.Sub(name)
		a := Attribute{Value: one.Fields["value"], Type: one.Text("type"), Unit: one.Text("unit")}
		if one.Fields != nil && !a.typed() {
			one.Note("value", fmt.Sprintf("expected a value of type %q, found %s", a.Type, jsontree.Show(a.Value)))
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
