package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
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
		value := "-"
		if o.Default != "" {
			value = code(o.Default)
		}
		rowOf(b, name, value, escaped(orDash(o.Allowed)), escaped(o.Help))
	}
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

// escaped escapes a driver's text for Markdown.
var escaped = strings.NewReplacer("|", `\|`, "_", `\_`, "*", `\*`, "<", "&lt;", "`", "\\`", "\n", " ").Replace

// Markers around the generated part of a document.
const (
	generatedBegin = "<!-- drivers: generated -->"
	generatedEnd   = "<!-- /drivers -->"
)

// updateMarkdown replaces the generated part of a file. It does not write the
// file if nothing changes.
func updateMarkdown(file string, drivers []transport.Driver) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begun := bytes.Cut(old, []byte(generatedBegin))
	_, after, ended := bytes.Cut(rest, []byte(generatedEnd))
	if !begun || !ended {
		return &advised{
			fmt.Errorf("%s has no place for the drivers", file),
			fmt.Sprintf("add the lines %s and %s to it", generatedBegin, generatedEnd),
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n\n", before, generatedBegin)
	if err := writeMarkdown(&b, drivers); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s%s", generatedEnd, after)
	if bytes.Equal(b.Bytes(), old) {
		return nil
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
