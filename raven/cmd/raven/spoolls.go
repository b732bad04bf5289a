package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

type spoolLsCommand struct {
	Format string `enum:"table,json" default:"table" placeholder:"FORMAT" help:"table, or json: an object for each event, one a line. Default: ${default}."`
	Dir    string `arg:"" optional:"" name:"dir" help:"The spool_dir, one DSN's directory in it, or a DSN. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*spoolLsCommand) Help() string {
	return `The oldest event is first. TRIES is how often its delivery has failed. HELD is yes if a running process holds the event:
it delivers it. The command changes nothing, and may be used at any time.

    raven spool ls
    raven spool ls /var/lib/app/sentry
    raven spool ls --format json 'https://KEY@HOST/1?spool_dir=/var/lib/app/sentry'
`
}

// spoolRow is a packet as the command prints it.
type spoolRow struct {
	ID          string    `json:"id"`
	EventID     string    `json:"event_id"`
	Accepted    time.Time `json:"accepted"`
	Attempts    int       `json:"attempts"`
	Bytes       int       `json:"bytes"`
	Kind        string    `json:"kind"`
	ContentType string    `json:"content_type"`
	Endpoint    string    `json:"endpoint"`
	Event       string    `json:"event"`
	Held        bool      `json:"held"`
	Dir         string    `json:"dir"`
}

// Run runs `raven spool ls`.
func (c *spoolLsCommand) Run(env *environment) error {
	dirs, err := env.spoolDirs(c.Dir)
	if err != nil {
		return err
	}
	for i, dir := range dirs {
		if i > 0 && c.Format == "table" {
			fmt.Fprintln(env.out)
		}
		if err := c.list(env, dir); err != nil {
			return err
		}
	}
	return nil
}

func (c *spoolLsCommand) list(env *environment, dir string) error {
	var total spoolSum
	sums := make(map[string]*spoolSum)
	rows := make(map[string][]spoolRow)
	var names []string
	failed := transport.ReadSpool(dir, func(p transport.SpooledPacket) bool {
		if sums[p.Dir] == nil {
			sums[p.Dir] = new(spoolSum)
			names = append(names, p.Dir)
		}
		total.add(p)
		sums[p.Dir].add(p)
		rows[p.Dir] = append(rows[p.Dir], spoolRow{
			ID: spoolID(p), EventID: p.EventID, Accepted: p.Accepted, Attempts: p.Attempts, Bytes: len(p.Body),
			Kind: cmp.Or(p.Category, "event"), ContentType: p.ContentType, Endpoint: p.Endpoint,
			Event: headline(p), Held: p.Held, Dir: p.Dir,
		})
		return true
	})
	for i, name := range names {
		slices.SortStableFunc(rows[name], func(a, b spoolRow) int { return a.Accepted.Compare(b.Accepted) })
		if c.Format == "json" {
			if err := printJSON(env, rows[name]); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(env.out)
		}
		fmt.Fprintf(env.out, "%s\n\n", name)
		printRows(env, rows[name])
		fmt.Fprintf(env.out, "\n%s\n", hanging("", capital(sums[name].String())+".", widthOf(env.out)))
	}
	switch {
	case failed != nil:
		return spoolError(failed)
	case c.Format == "json":
	case len(names) == 0:
		fmt.Fprintf(env.out, "No events wait in %s.\n", dir)
	case len(names) > 1:
		fmt.Fprintf(env.out, "\n%s\n", hanging("", "In all: "+total.String()+".", widthOf(env.out)))
	}
	return nil
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func printRows(env *environment, rows []spoolRow) {
	t := table{header: []string{"ID", "AGE", "TRIES", "SIZE", "KIND", "HELD", "EVENT"}, elastic: []int{6}}
	for _, r := range rows {
		held := "no"
		if r.Held {
			held = "yes"
		}
		t.rows = append(t.rows, []string{r.ID, age(r.Accepted), fmt.Sprint(r.Attempts), byteSize(int64(r.Bytes)), r.Kind, held, orDash(r.Event)})
	}
	t.print(env.out, widthOf(env.out))
}

func printJSON(env *environment, rows []spoolRow) error {
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err == nil {
			_, err = env.out.Write(append(line, '\n'))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxHeadline is the length above which a headline is cut, in runes.
const maxHeadline = 120

// headline describes an event in a line: its exception, or its message. It is
// "" if the body cannot be read.
func headline(p transport.SpooledPacket) string {
	raw, ok := p.Event()
	if !ok {
		return ""
	}
	var e struct {
		Message     eventText
		Transaction eventText
		LogEntry    struct{ Message, Formatted eventText }
		Exception   struct {
			Values []struct{ Type, Value eventText }
		}
	}
	if json.Unmarshal(raw, &e) != nil {
		return ""
	}
	line := string(cmp.Or(e.LogEntry.Formatted, e.LogEntry.Message, e.Message, e.Transaction))
	if n := len(e.Exception.Values); n > 0 {
		last := e.Exception.Values[n-1]
		line = strings.TrimSuffix(strings.TrimPrefix(string(last.Type+": "+last.Value), ": "), ": ")
	}
	line, _, _ = strings.Cut(strings.TrimSpace(line), "\n")
	if runes := []rune(line); len(runes) > maxHeadline {
		line = string(runes[:maxHeadline-1]) + "…"
	}
	return line
}

// eventText is a string in an event. JSON of another type is no error: it is
// "".
type eventText string

// UnmarshalJSON reads a string.
func (t *eventText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = eventText(s)
	}
	return nil
}
