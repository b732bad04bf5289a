package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// print prints the table and one event. Its error names each row that failed.
func (d *demo) print(w io.Writer) error {
	fmt.Fprintf(w, "A fake Sentry listened on %s and %s.\n", d.plain.URL(), d.encrypted.URL())
	fmt.Fprintf(w, "An example application reported a message, an error chain and a panic through every scheme:\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCHEME\tPROTOCOL\tDELIVERED\tTO\tHTTP\tLATENCY\tID OF THE ERROR")
	var failed []string
	for _, r := range d.rows {
		verdict := "yes"
		if r.err != nil {
			verdict = "NO"
			reason := strings.ReplaceAll(r.err.Error(), "\n", "\n    ")
			failed = append(failed, fmt.Sprintf("%s, %s: %s", r.scheme, r.protocol, reason))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.scheme, r.protocol, verdict, r.sink, cmp.Or(r.http, "-"), r.latency.Round(10*time.Microsecond), r.id)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if d.shown != nil {
		printEvent(w, *d.shown)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d failed:\n  %s", len(failed), len(d.rows), strings.Join(failed, "\n  "))
	}
	fmt.Fprintf(w, "\nAll %d arrived and matched.\n", len(d.rows))
	return nil
}

// printEvent prints an event as the server saw it, the newest first where there
// is an order.
func printEvent(w io.Writer, e sentrytest.Event) {
	r := e.Received
	fmt.Fprintf(w, "\nThe error, as the server saw it:\n\n  %s %s, %s, %d bytes on the wire, %d decoded\n",
		r.Method, r.Path, r.ContentEncoding, len(r.Body), len(r.Decoded))
	fmt.Fprintf(w, "  from %s for project %s\n\n", r.Client, r.ProjectID)
	fmt.Fprintf(w, "  %s  %s  %s  %s\n", e.Timestamp.Format("2006-01-02 15:04:05"), e.Level, e.Release, e.Environment)
	for _, x := range slices.Backward(e.Exceptions) {
		fmt.Fprintf(w, "  %s: %q\n", x.Type, x.Value)
		if x.Stacktrace == nil {
			continue
		}
		for _, f := range slices.Backward(x.Stacktrace.Frames) {
			mark := " "
			if f.InApp != nil && *f.InApp {
				mark = "*"
			}
			fmt.Fprintf(w, "    %s %s.%s  %s:%d\n", mark, f.Module, f.Function, f.Filename, f.Lineno)
		}
	}
	for _, b := range e.Breadcrumbs {
		fmt.Fprintf(w, "  breadcrumb  %s  %s: %s\n", b.Timestamp.Format("15:04:05"), b.Category, b.Message)
	}
	printPairs(w, "tag", e.Tags)
	printPairs(w, "extra", e.Extra)
	fmt.Fprintf(w, "  modules     %d, sdk %s %s, server %s\n", len(e.Modules), e.SDK.Name, e.SDK.Version, e.ServerName)
}

func printPairs[V any](w io.Writer, name string, pairs map[string]V) {
	for _, k := range slices.Sorted(maps.Keys(pairs)) {
		fmt.Fprintf(w, "  %-10s  %s=%v\n", name, k, pairs[k])
	}
}
