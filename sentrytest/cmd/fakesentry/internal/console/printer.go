// Package console prints one line for everything that arrives: for people, as
// JSON or as logfmt.
package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mattn/go-isatty"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// The formats of a line.
const (
	Human  = "human"
	JSON   = "json"
	Logfmt = "logfmt"
)

// Printer prints lines. It is safe for concurrent use.
type Printer struct {
	mu     sync.Mutex // guards w
	w      io.Writer
	format string
	color  bool
}

// New returns a printer for one of the formats. Lines for people have colour if
// w is a terminal and the environment variable NO_COLOR is empty or unset.
func New(w io.Writer, format string) *Printer {
	return &Printer{w: w, format: format, color: format == Human && isTerminal(w) && os.Getenv("NO_COLOR") == ""}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// Event prints an event.
func (p *Printer) Event(e fakesentryclient.Event) error {
	switch p.format {
	case JSON:
		return p.json(e)
	case Logfmt:
		return p.line(pairs("time", e.Received.Format(time.RFC3339Nano), "level", e.Level, "title", e.Title, "culprit", e.Culprit,
			"project", e.ProjectID, "release", e.Release, "environment", e.Environment, "sdk", sdk(e.SDK), "id", e.EventID))
	}
	var rest []string
	for _, s := range []string{e.Culprit, e.Release, e.Environment, sdk(e.SDK), "project " + e.ProjectID, e.EventID} {
		if s != "" {
			rest = append(rest, s)
		}
	}
	return p.human(e.Received, e.Level, e.Title, rest)
}

// Refused prints a refused request.
func (p *Printer) Refused(r fakesentryclient.Request) error {
	why := append([]string{r.Refusal.Reason}, r.Refusal.Causes...)
	switch p.format {
	case JSON:
		return p.json(map[string]any{"refused": r})
	case Logfmt:
		return p.line(pairs("time", r.Received.Format(time.RFC3339Nano), "refused", r.Method+" "+r.Path, "status", fmt.Sprint(r.Status),
			"reason", strings.Join(why, ": "), "client", r.Client))
	}
	return p.human(r.Received, "refused", fmt.Sprintf("%s %s with %d: %s", r.Method, r.Path, r.Status, strings.Join(why, ": ")), nil)
}

// Faulted prints a request that a fault answered or left without an answer.
func (p *Printer) Faulted(r fakesentryclient.Request) error {
	switch p.format {
	case JSON:
		return p.json(map[string]any{"faulted": r})
	case Logfmt:
		return p.line(pairs("time", r.Received.Format(time.RFC3339Nano), "faulted", r.Method+" "+r.Path, "status", fmt.Sprint(r.Status),
			"fault", r.Fault, "client", r.Client))
	}
	answer := fmt.Sprintf("with %d", r.Status)
	if r.Status == 0 {
		answer = "without an answer"
	}
	return p.human(r.Received, "fault", fmt.Sprintf("%s %s %s by %s", r.Method, r.Path, answer, r.Fault), nil)
}

// Missed prints that some lines are missing, for people only.
func (p *Printer) Missed() error {
	if p.format != Human {
		return nil
	}
	return p.line("(some arrived too fast and were deleted before they could be shown)")
}

func (p *Printer) human(at time.Time, label, text string, rest []string) error {
	level := fmt.Sprintf("%-7s", label)
	tail := ""
	if len(rest) > 0 {
		tail = "  (" + strings.Join(rest, ", ") + ")"
	}
	text, tail = Plain(text), Plain(tail)
	if p.color {
		level = "\x1b[" + colors[label] + "m" + level + "\x1b[0m"
		tail = "\x1b[2m" + tail + "\x1b[0m"
	}
	return p.line(at.Local().Format("15:04:05") + "  " + level + "  " + text + tail)
}

// colors are the parameters of SGR sequences.
var colors = map[string]string{
	"fatal": "1;31", "error": "31", "warning": "33", "info": "36", "debug": "2", "refused": "35", "fault": "35",
}

// Plain makes text from the network safe for a terminal, on one line. It
// replaces characters that can't be printed.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (p *Printer) json(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.line(string(text))
}

func (p *Printer) line(text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := io.WriteString(p.w, text+"\n")
	return err
}

func sdk(s fakesentryclient.SDK) string {
	if s.Name == "" || s.Version == "" {
		return s.Name
	}
	return s.Name + "/" + s.Version
}

// pairs formats the pairs with a value as a line of logfmt.
func pairs(list ...string) string {
	var b strings.Builder
	for i := 0; i < len(list); i += 2 {
		value := list[i+1]
		if value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || !unicode.IsPrint(r) }) {
			value = fmt.Sprintf("%q", value)
		}
		b.WriteString(list[i] + "=" + value)
	}
	return b.String()
}
