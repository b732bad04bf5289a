package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

const (
	yes     = "yes"
	no      = "MISSING"
	without = "–" // the SDK lacks the feature
)

func (r *result) cell(feature string) string {
	switch {
	case !r.sdk.has(feature):
		return without
	case r.missing[feature] != nil:
		return no
	}
	return yes
}

// table returns the head of the table, and a row for each SDK that ran.
func table(results []result) [][]string {
	head := []string{"SDK", "version"}
	for _, f := range features {
		head = append(head, f.name)
	}
	rows := [][]string{head}
	for _, r := range results {
		if r.leftOut != "" || r.err != nil {
			continue
		}
		row := []string{r.sdk.title, r.sdk.version}
		for _, f := range features {
			row = append(row, r.cell(f.name))
		}
		rows = append(rows, row)
	}
	return rows
}

// printTable prints the features of each SDK, and the SDKs that were left out.
func printTable(out io.Writer, results []result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range table(results) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	for _, r := range results {
		if r.leftOut != "" {
			fmt.Fprintf(out, "\nLEFT OUT: %s %s: %s\n", r.sdk.title, r.sdk.version, r.leftOut)
		}
	}
}

// verdict returns all errors, or nil.
func verdict(results []result) error {
	var errs []error
	for _, r := range results {
		if r.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.sdk.title, r.err))
		}
		for _, f := range features {
			if err := r.missing[f.name]; err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", r.sdk.title, f.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

const (
	beginMarker = "<!-- interop: written by go run ./sentrytest/interop --update -->\n"
	endMarker   = "<!-- /interop -->"
)

// updateTable replaces the table between the markers of a document.
func updateTable(path string, results []result) error {
	for _, r := range results {
		if r.leftOut != "" {
			return fmt.Errorf("%s is unchanged: %s was left out, because %s", path, r.sdk.title, r.leftOut)
		}
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(doc, []byte(beginMarker))
	_, after, ends := bytes.Cut(rest, []byte(endMarker))
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: put %q and %q around it", path, beginMarker, endMarker)
	}
	return os.WriteFile(path, []byte(string(before)+beginMarker+markdown(results)+endMarker+string(after)), 0o644)
}

func markdown(results []result) string {
	var b strings.Builder
	for i, row := range table(results) {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}
