package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"
)

// functions are the functions of the templates.
var functions = template.FuncMap{
	"asset": assetURL,
	"bytes": byteCount,
	"count": func(n int, one, many string) string { return fmt.Sprintf("%s %s", digits(n), plural(n, one, many)) },
	"cut":   cut,
	"n":     digits,
	"pairs": pairs[any],
	"show":  show,
	"level": levelClass,
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// digits formats a number with a narrow space between thousands.
func digits(n int) string {
	text := fmt.Sprint(n)
	if n < 0 {
		return text
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

func byteCount(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1_000_000)
}

// levelClass returns the class of a level that the style sheet has.
func levelClass(level string) string {
	switch level {
	case "debug", "info", "warning", "error", "fatal":
		return level
	}
	return "unknown"
}

// moment is a time as pages show it. The zero value shows nothing.
type moment struct {
	Text    string // the time; with the date if it is another day
	Full    string // with date, milliseconds and zone
	Machine string // for programs
}

func (p *Pages) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.In(p.cfg.Zone)
	layout := "15:04:05"
	if now := p.cfg.Now().In(p.cfg.Zone); t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		layout = "2 Jan 15:04"
	}
	return moment{t.Format(layout), t.Format("Mon 2 Jan 2006, 15:04:05.000 MST"), t.UTC().Format(time.RFC3339Nano)}
}

// gap formats the time between two moments, as in "+1.25 s".
func gap(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign, d = "\u2212", -d
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%s%d ms", sign, d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%s%.2f s", sign, d.Seconds())
	}
	return sign + d.Round(time.Second).String()
}

// Bounds for the page of one event. The raw JSON has the rest.
const (
	maxValue = 16 << 10  // bytes of one value
	maxRaw   = 256 << 10 // bytes of the raw JSON
	maxList  = 500       // breadcrumbs, frames, modules, …
)

// value is a JSON value as pages show it.
type value struct {
	Text  string
	Block bool // it is shown on several lines
	Cut   bool // only its beginning is shown
}

func show(v any) value {
	text, ok := v.(string)
	block := strings.ContainsAny(text, "\n")
	if !ok {
		text = compact(v)
		if len(text) > 80 && text[0] != '"' {
			text, block = indented([]byte(text)), true
		}
	}
	short := cut(text, maxValue)
	return value{short, block, len(short) < len(text)}
}

// cut cuts text to the limit, before the character that crosses it.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

// compact writes JSON on one line, without escapes for HTML.
func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v) // decoded JSON can be encoded again
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
