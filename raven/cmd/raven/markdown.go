package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

// writeMarkdown writes the drivers as tables in Markdown. The output is the
// same for the same drivers.
func writeMarkdown(w io.Writer, drivers []transport.Driver) error {
	var b bytes.Buffer
	c := newCatalog(drivers)
	rowOf(&b, "Transport", "Schemes", "Engine", "Blocking", "Delivery", "Queue", "When full")
	ruleOf(&b, 7)
	for _, e := range c.entries {
		schemes := codes(e.schemes)
		if len(e.aliases) > 0 {
			schemes += "; also " + codes(e.aliases)
		}
		rowOf(&b, code(e.name), schemes, e.engine, e.blocking, escaped(e.delivery), escaped(e.queue), escaped(e.whenFull))
	}
	fmt.Fprint(&b, "\n### Options of every transport that sends\n\n")
	optionRows(&b, c.common)
	for _, g := range c.groups {
		g.writeMarkdown(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (g optionGroup) writeMarkdown(b *bytes.Buffer) {
	if g.empty() {
		return
	}
	fmt.Fprintf(b, "\n### Options of %s\n", codes(g.drivers))
	for _, note := range g.notes {
		fmt.Fprintf(b, "\n%s %s.\n", escaped(subject(g.drivers)), escaped(note))
	}
	if len(g.options) > 0 {
		fmt.Fprintln(b)
		optionRows(b, g.options)
	}
}

func optionRows(b *bytes.Buffer, options []transport.OptionSpec) {
	rowOf(b, "Option", "Default", "Values", "Purpose")
	ruleOf(b, 4)
	for _, o := range options {
		name := code(o.Name)
		if len(o.Aliases) > 0 {
			name += "; also " + codes(o.Aliases)
		}
		rowOf(b, name, defaultOf(o), escaped(orDash(o.Allowed)), escaped(o.Help))
	}
}

func defaultOf(o transport.OptionSpec) string {
	if o.Default == "" {
		return "-"
	}
	return code(o.Default)
}

func rowOf(b *bytes.Buffer, cells ...string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

func ruleOf(b *bytes.Buffer, columns int) { fmt.Fprintln(b, "|"+strings.Repeat("---|", columns)) }

func code(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }

func codes(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = code(text)
	}
	return strings.Join(quoted, ", ")
}

var escaped = strings.NewReplacer("|", `\|`, "_", `\_`, "*", `\*`, "<", "&lt;", "`", "\\`", "\n", " ").Replace

// parts are the generated parts of documents that --update replaces, with the
// names in their markers.
var parts = []struct {
	name  string
	write func(io.Writer, []transport.Driver) error
}{
	{"drivers", writeMarkdown},
	{"options", writeDefaultOptions},
}

func beginOf(part string) string { return "<!-- " + part + ": generated -->" }

func endOf(part string) string { return "<!-- /" + part + " -->" }

// defaultDriver is the driver of DSNs without a prefix.
const defaultDriver = "default"

// writeDefaultOptions writes one short table: the options of DSNs without a
// prefix.
func writeDefaultOptions(w io.Writer, drivers []transport.Driver) error {
	c := newCatalog(drivers)
	options := slices.Clone(c.common)
	for _, g := range c.groups {
		if slices.Contains(g.drivers, defaultDriver) {
			options = append(options, g.options...)
		}
	}
	var b bytes.Buffer
	rowOf(&b, "Option", "Default", "Purpose")
	ruleOf(&b, 3)
	for _, o := range options {
		rowOf(&b, code(o.Name), defaultOf(o), escaped(o.Help))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// updateMarkdown replaces the generated parts of a file. It does not write a
// file that is up to date.
func updateMarkdown(file string, drivers []transport.Driver) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, found := old, false
	for _, part := range parts {
		before, rest, begun := bytes.Cut(text, []byte(beginOf(part.name)))
		_, after, ended := bytes.Cut(rest, []byte(endOf(part.name)))
		if !begun || !ended {
			continue
		}
		found = true
		var b bytes.Buffer
		fmt.Fprintf(&b, "%s%s\n\n", before, beginOf(part.name))
		if err := part.write(&b, drivers); err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s%s", endOf(part.name), after)
		text = b.Bytes()
	}
	if !found {
		return &advised{
			fmt.Errorf("%s has no place for the tables", file),
			fmt.Sprintf("put the lines %s and %s into it for all tables, or %s and %s for the options of DSNs without a prefix",
				beginOf("drivers"), endOf("drivers"), beginOf("options"), endOf("options")),
		}
	}
	if bytes.Equal(text, old) {
		return nil
	}
	return os.WriteFile(file, text, 0o644)
}
