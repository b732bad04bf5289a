package lenient

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// The placeholders of a template: those of Python, or, in a template without a
// percent sign, names or numbers in braces.
var (
	percent = regexp.MustCompile(`%(?:\((\w+)\))?(#?)[-+0]*\d*(?:\.\d+)?[hlL]?(.)?`)
	braces  = regexp.MustCompile(`\{(\w*)\}`)
)

// Interpolate puts the parameters into the template as Relay does. If one of
// the placeholders has no parameter, or a type that Relay does not know, the
// template stays as it is.
func Interpolate(template string, params []any, named map[string]any) string {
	if len(params) == 0 && len(named) == 0 {
		return template
	}
	forms := percent
	if !strings.Contains(template, "%") {
		forms = braces
	}
	next, rest := 0, 0
	var b strings.Builder
	for _, at := range forms.FindAllStringSubmatchIndex(template, -1) {
		part := func(i int) string {
			if 2*i+1 >= len(at) || at[2*i] < 0 {
				return ""
			}
			return template[at[2*i]:at[2*i+1]]
		}
		b.WriteString(template[rest:at[0]])
		rest = at[1]
		name, kind := part(1), "s"
		if forms == percent {
			kind = part(3)
		}
		if kind == "%" {
			b.WriteByte('%')
			continue
		}
		value, known := named[name]
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(params) {
			value, known = params[i], true
		}
		if name == "" && next < len(params) {
			value, known = params[next], true
			next++
		}
		text, ok := paramText(value, kind, part(2) != "")
		if !known || !ok {
			return template
		}
		b.WriteString(text)
	}
	return b.String() + template[rest:]
}

// paramText formats a parameter for one type of placeholder.
func paramText(v any, kind string, alternate bool) (text string, ok bool) {
	if v == nil {
		return "", false
	}
	switch kind {
	case "x", "X", "o":
		return integerText(v, kind, alternate)
	case "e", "E":
		n, ok := jsontree.Number(v)
		return exponent(n, kind[0]), ok
	case "r":
		return jsontree.Text(v), true
	case "s", "d", "i", "u", "c", "f", "F", "g", "G":
	default:
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return jsontree.Text(v), true
}

func integerText(v any, kind string, alternate bool) (string, bool) {
	n, ok := jsontree.Number(v)
	if number, exact := v.(json.Number); exact {
		n, ok = 0, false
		if i, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
			n, ok = float64(i), true
		}
	}
	if !ok || n != math.Trunc(n) || math.Abs(n) >= 1<<63 {
		return "", false
	}
	base, prefix := 16, "0x"
	if kind == "o" {
		base, prefix = 8, "0o"
	}
	text := strconv.FormatUint(uint64(int64(n)), base)
	if kind == "X" {
		text = strings.ToUpper(text)
	}
	if alternate {
		text = prefix + text
	}
	return text, true
}

// exponent writes a number as Rust does: 1.5e0.
func exponent(n float64, letter byte) string {
	text := strconv.FormatFloat(n, letter, -1, 64)
	mantissa, power, _ := strings.Cut(text, string(letter))
	i, _ := strconv.Atoi(power) // FormatFloat writes an integer
	return mantissa + string(letter) + strconv.Itoa(i)
}
