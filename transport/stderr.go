package transport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// StderrConfig configures [NewStderr].
type StderrConfig struct {
	// Writer is where events are printed; nil means os.Stderr.
	Writer io.Writer
}

// Stderr prints packets for people to read, and sends nothing: stderr+http and
// stderr+https. Use [NewStderr]; a Stderr is safe for concurrent use.
type Stderr struct{ sight }

var _ Transport = (*Stderr)(nil)

// NewStderr returns a transport that prints.
func NewStderr(cfg StderrConfig) *Stderr {
	w := cfg.Writer
	if w == nil {
		w = os.Stderr
	}
	t := new(Stderr)
	t.write = func(p *Packet) error {
		_, err := w.Write(visible(printout(p)))
		if err != nil {
			return fmt.Errorf("transport: %s was not printed: %w", packetText(p.EventID), err)
		}
		return nil
	}
	return t
}

func stderrDriver() Driver {
	return Driver{
		Schemes: []string{"stderr+http", "stderr+https"},
		Name:    "stderr", Engine: "os", Blocking: true, Sink: "stderr",
		Delivery: "printed for people to read; nothing is sent",
		Options:  OptionSpecs(sightConfig...),
		foreign:  foreignOptions(),
		Open: func(_ *DSN, env Env) (Transport, error) {
			return NewStderr(StderrConfig{Writer: env.Stderr}), nil
		},
	}
}

// seen holds the printed fields of an event, in the form of either protocol.
type seen struct {
	Level    any `json:"level"`
	Message  any `json:"message"`
	LogEntry struct {
		Message, Formatted string
	} `json:"logentry"`
	Transaction, Culprit, Release, Environment string
	ServerName                                 string `json:"server_name"`
	Tags                                       map[string]any
	Extra                                      map[string]any
	User                                       map[string]any
	Breadcrumbs                                struct {
		Values []struct{ Level, Category, Message string }
	}
	Stacktrace seenStack
	Exception  struct {
		Values []struct {
			Type, Value string
			Stacktrace  seenStack
		}
	}
}

type seenStack struct {
	Frames []struct {
		Function, Module, Filename string
		AbsPath                    string `json:"abs_path"`
		Lineno                     int
	}
}

// print prints the newest frame first, with a path that editors can open.
func (s seenStack) print(b *bytes.Buffer) {
	for _, f := range slices.Backward(s.Frames) {
		fmt.Fprintf(b, "    %s.%s (%s:%d)\n", f.Module, f.Function, cmp.Or(f.AbsPath, f.Filename), f.Lineno)
	}
}

// printout prints one event for developers: one line for each important field,
// and the stack with the newest frame first.
func printout(p *Packet) []byte {
	var b bytes.Buffer
	raw, ok := eventOf(p)
	var e seen
	if !ok || json.Unmarshal(raw, &e) != nil {
		fmt.Fprintf(&b, "raven: packet %s for %s, not sent\n%s\n", p.EventID, p.URL, indent(string(p.Body)))
		return b.Bytes()
	}
	fmt.Fprintf(&b, "raven: event %s for %s, not sent\n", p.EventID, p.URL)
	line := func(name string, value any) {
		if text := fmt.Sprint(value); value != nil && text != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", name, strings.ReplaceAll(text, "\n", "\n               "))
		}
	}
	line("level", e.Level)
	line("message", cmp.Or(e.LogEntry.Formatted, e.LogEntry.Message, text(e.Message)))
	line("transaction", cmp.Or(e.Transaction, e.Culprit))
	line("release", e.Release)
	line("environment", e.Environment)
	line("server", e.ServerName)
	for _, name := range sortedKeys(e.User) {
		line("user", fmt.Sprintf("%s=%v", name, e.User[name]))
	}
	for _, name := range sortedKeys(e.Tags) {
		line("tag", fmt.Sprintf("%s=%v", name, e.Tags[name]))
	}
	for _, name := range sortedKeys(e.Extra) {
		value, _ := json.Marshal(e.Extra[name])
		line("extra", name+"="+string(value))
	}
	for i := len(e.Exception.Values) - 1; i >= 0; i-- {
		x := e.Exception.Values[i]
		line("exception", x.Type+": "+x.Value)
		x.Stacktrace.print(&b)
	}
	e.Stacktrace.print(&b)
	for _, c := range e.Breadcrumbs.Values {
		line("breadcrumb", c.Level+" "+c.Category+": "+c.Message)
	}
	return b.Bytes()
}

// visible escapes control characters, which a terminal would obey. An event may
// contain text from another system's requests.
func visible(text []byte) []byte {
	if !bytes.ContainsFunc(text, hidden) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		if hidden(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.Bytes()
}

func hidden(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }

func text(v any) string {
	s, _ := v.(string)
	return s
}

func indent(s string) string { return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }
