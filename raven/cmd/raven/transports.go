package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

type transportsCommand struct {
	Format string `enum:"table,markdown" default:"table" placeholder:"FORMAT" help:"table or markdown. Default: ${default}."`
	Update string `placeholder:"FILE" help:"Write the tables between the markers of a Markdown file: <!-- drivers: generated --> and <!-- /drivers -->, or options instead of drivers."`
}

// Help returns the command's detailed help.
func (*transportsCommand) Help() string {
	return `The drivers describe themselves. A DSN begins with a scheme and "://", and has its options after a question mark.

    raven transports
    raven transports --format markdown
    raven transports --update docs/transports.md
`
}

// Run runs `raven transports`.
func (c *transportsCommand) Run(env *environment) error {
	drivers := env.registry.Drivers()
	switch {
	case c.Update != "":
		return updateMarkdown(c.Update, drivers)
	case c.Format == "markdown":
		_, err := env.out.Write(markdown(drivers))
		return err
	}
	_, err := env.out.Write(tables(drivers, widthOf(env.out)))
	return err
}

func tables(drivers []transport.Driver, width int) []byte {
	var b bytes.Buffer
	c := newCatalog(drivers)
	c.table(width).print(&b, width)
	fmt.Fprint(&b, "\nOPTIONS OF EVERY TRANSPORT THAT SENDS\n\n")
	optionTable(c.common).print(&b, width)
	for _, g := range c.groups {
		g.print(&b, width)
	}
	return b.Bytes()
}

// narrow is the width below which columns of sentences are too narrow to read.
const narrow = 96

// table has a column for each property; on a narrow terminal the last three
// share one.
func (c catalog) table(width int) table {
	t := table{header: []string{"SCHEME (= ALIAS)", "ENGINE", "BLOCKING", "DELIVERY", "QUEUE", "WHEN FULL"}, elastic: []int{1, 3, 4, 5}}
	if width < narrow {
		t.header, t.elastic = t.header[:4], []int{1, 3}
	}
	for _, d := range c.drivers {
		row := []string{column(d), orDash(d.Engine), blocking(d), orDash(d.Delivery), orDash(strings.Join(queueOf(d), "\n")), orDash(d.WhenFull)}
		if width < narrow {
			row = append(row[:3], stacked(d))
		}
		t.rows = append(t.rows, nil, row)
	}
	return t
}

// column returns the first column: the schemes, and the name if they don't have
// it.
func column(d transport.Driver) string {
	lines, aliases := schemesOf(d)
	if !strings.HasPrefix(lines[0], d.Name+"+") {
		lines = append(lines, "("+d.Name+")")
	}
	for _, alias := range aliases {
		lines = append(lines, "= "+alias)
	}
	return strings.Join(lines, "\n")
}

// stacked returns the properties that share a cell in a narrow table.
func stacked(d transport.Driver) string {
	text := orDash(d.Delivery)
	if queue := queueOf(d); len(queue) > 0 {
		text += "\nqueue: " + strings.Join(queue, ", ")
	}
	if d.WhenFull != "" {
		text += "\nwhen full: " + d.WhenFull
	}
	return text
}

func (g optionGroup) print(w io.Writer, width int) {
	if g.empty() {
		return
	}
	fmt.Fprintf(w, "\nOPTIONS OF %s\n\n", strings.Join(g.drivers, ", "))
	for _, note := range g.notes {
		fmt.Fprintln(w, hanging("", subject(g.drivers)+" "+note+".", width))
	}
	if len(g.options) > 0 {
		if len(g.notes) > 0 {
			fmt.Fprintln(w)
		}
		optionTable(g.options).print(w, width)
	}
}

// subject returns the start of a sentence about drivers, with the verb in the
// singular.
func subject(drivers []string) string {
	if len(drivers) == 1 {
		return drivers[0] + "+…"
	}
	return "Each of " + strings.Join(drivers, ", ")
}

func optionTable(options []transport.OptionSpec) table {
	t := table{header: []string{"OPTION", "DEFAULT", "VALUES", "PURPOSE"}, elastic: []int{2, 3}}
	for _, o := range options {
		name := o.Name
		for _, alias := range o.Aliases {
			name += "\n= " + alias
		}
		t.rows = append(t.rows, []string{name, orDash(o.Default), orDash(o.Allowed), o.Help})
	}
	return t
}
