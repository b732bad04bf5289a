package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

// markdown returns the drivers as tables in Markdown. The output is the same
// for the same drivers.
func markdown(drivers []transport.Driver) []byte {
	var b bytes.Buffer
	c := newCatalog(drivers)
	rowOf(&b, "Transport", "Schemes", "Engine", "Blocking", "Delivery", "Queue", "When full")
	ruleOf(&b, 7)
	for _, d := range c.drivers {
		names, aliases := schemesOf(d)
		schemes := codes(names)
		if len(aliases) > 0 {
			schemes += "; also " + codes(aliases)
		}
		rowOf(&b, code(d.Name), schemes, orDash(d.Engine), blocking(d), escaped(orDash(d.Delivery)),
			escaped(orDash(strings.Join(queueOf(d), ", "))), escaped(orDash(d.WhenFull)))
	}
	fmt.Fprint(&b, "\n### Options of every transport that sends\n\n")
	optionRows(&b, c.common)
	for _, g := range c.groups {
		g.writeMarkdown(&b)
	}
	return b.Bytes()
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
	print func([]transport.Driver) []byte
}{
	{"drivers", markdown},
	{"options", defaultOptions},
}

func beginOf(part string) string { return "<!-- " + part + ": generated -->" }

func endOf(part string) string { return "<!-- /" + part + " -->" }

// defaultDriver is the driver of DSNs without a prefix.
const defaultDriver = "default"

// defaultOptions returns one short table: the options of DSNs without a prefix.
func defaultOptions(drivers []transport.Driver) []byte {
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
	return b.Bytes()
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
		text = fmt.Appendf(nil, "%s%s\n\n%s\n%s%s", before, beginOf(part.name), part.print(drivers), endOf(part.name), after)
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
