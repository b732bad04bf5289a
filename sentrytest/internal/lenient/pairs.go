package lenient

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Pairs visits an object in the order of its keys, or a list of pairs in its
// own order. A key that is null or no scalar is skipped; the latter is noted.
func (o Object) Pairs(key string, visit func(at, key string, value any)) {
	switch v := o.Fields[key].(type) {
	case nil:
	case map[string]any:
		for _, name := range texts.SortedKeys(v) {
			visit(o.Path(key+"."+name), name, v[name])
		}
	case []any:
		for i, inner := range v {
			at := key + "." + strconv.Itoa(i)
			if inner == nil {
				continue
			}
			pair, ok := inner.([]any)
			if !ok || len(pair) != 2 {
				o.wrong(at, "a pair", inner)
				continue
			}
			if pair[0] == nil {
				continue
			}
			name, ok := Text(pair[0])
			if !ok {
				o.wrong(at+".0", "a string", pair[0])
				continue
			}
			visit(o.Path(at+".1"), name, pair[1])
		}
	default:
		o.wrong(key, "an object or a list of pairs", v)
	}
}

// Query reads a query string: a text, pairs in their order, or an object sorted
// by key.
func (o Object) Query(key string) string {
	if text, ok := o.Fields[key].(string); ok {
		return strings.TrimPrefix(text, "?")
	}
	var parts []string
	o.Pairs(key, func(at, name string, value any) {
		for _, one := range jsontree.List(value) {
			text, _ := one.(string)
			switch one.(type) {
			case nil, string:
			case map[string]any, []any:
				o.Reader.Note(at, "expected a string, found "+jsontree.Show(one))
				continue
			default:
				text = jsontree.Text(one)
			}
			parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(text))
		}
	})
	return strings.Join(parts, "&")
}

// Cookies reads cookies: the text of a Cookie header, pairs, or an object.
func (o Object) Cookies(key string) map[string]string {
	out := map[string]string{}
	if text, ok := o.Fields[key].(string); ok {
		// net/http stops at the first cookie that violates the RFC.
		for part := range strings.SplitSeq(text, ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
				out[name] = value
			}
		}
	} else {
		o.Pairs(key, func(at, name string, value any) {
			text, ok := Text(value)
			if value != nil && !ok {
				o.Reader.Note(at, "expected a string, found "+jsontree.Show(value))
				return
			}
			out[name] = text
		})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
