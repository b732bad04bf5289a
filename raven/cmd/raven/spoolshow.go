package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/transport"
)

type spoolShowCommand struct {
	ID  string `arg:"" name:"id" help:"The event's id, as raven spool ls prints it."`
	Dir string `arg:"" optional:"" name:"dir" help:"The spool_dir, one DSN's directory in it, or a DSN. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*spoolShowCommand) Help() string {
	return `Prints what is known about the event, and then its request: the header of the envelope, and each item. JSON is
indented. The exit code is 1 if no such event waits.

    raven spool show 0123456789abcdef0123456789abcdef
    raven spool show 0123456789abcdef0123456789abcdef /var/lib/app/sentry
`
}

// Run runs `raven spool show`.
func (c *spoolShowCommand) Run(env *environment) error {
	dirs, err := env.spoolDirs(c.Dir)
	if err != nil {
		return err
	}
	var found *transport.SpooledPacket
	var failures []error
	for _, dir := range dirs {
		err := transport.ReadSpool(dir, func(p transport.SpooledPacket) bool {
			if sameID(p, c.ID) {
				found = &p
			}
			return found == nil
		})
		if found != nil {
			return printSpooled(env.out, *found)
		}
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return spoolError(err)
	}
	return &advised{fmt.Errorf("no event %s waits in %s", c.ID, strings.Join(dirs, ", ")), "raven spool ls lists those that wait; others are delivered or lost"}
}

// sameID accepts an event's id as Sentry prints it, too: with dashes, or in
// capitals.
func sameID(p transport.SpooledPacket, id string) bool {
	return id == p.Position || p.EventID != "" && strings.EqualFold(strings.ReplaceAll(id, "-", ""), p.EventID)
}

func printSpooled(w io.Writer, p transport.SpooledPacket) error {
	var b bytes.Buffer
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s %s\n", label, fmt.Sprintf(format, args...))
	}
	line("id", "%s", spoolID(p))
	line("accepted", "%s, %s ago", p.Accepted.UTC().Format(time.RFC3339), age(p.Accepted))
	line("attempts", "%d failed", p.Attempts)
	line("kind", "%s, %s for %s", orDash(p.Category), orDash(p.ContentType), orDash(p.Endpoint))
	line("size", "%s", byteSize(int64(len(p.Body))))
	if p.Held {
		line("held", "by a running process, which delivers it")
	}
	line("file", "%s in %s", p.Position, p.Dir)
	for i, part := range requestParts(p) {
		switch {
		case part.isItem:
			fmt.Fprintln(&b, "\nitem", strings.TrimSpace(string(part.text)))
		case i == 0:
			fmt.Fprintln(&b)
			fallthrough
		default:
			fmt.Fprintln(&b, readable(part.text))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// part is a piece of a request.
type part struct {
	text   []byte
	isItem bool // the header of an item
}

// requestParts divides a request. An envelope is its header, and for each item
// the item's header and its payload; any other request is one part.
func requestParts(p transport.SpooledPacket) (all []part) {
	header, rest, isEnvelope := bytes.Cut(p.Body, []byte("\n"))
	if !isEnvelope || !strings.HasPrefix(p.Endpoint, "envelope") {
		return []part{{text: p.Body}}
	}
	all = append(all, part{text: header})
	for len(bytes.TrimSpace(rest)) > 0 {
		var head []byte
		head, rest, _ = bytes.Cut(bytes.TrimLeft(rest, "\n"), []byte("\n"))
		var item struct{ Length *int }
		_ = json.Unmarshal(head, &item) // without a length, the payload is a line
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		if item.Length != nil && *item.Length >= 0 {
			end = min(*item.Length, len(rest))
		}
		all = append(all, part{head, true}, part{text: rest[:end]})
		rest = rest[end:]
	}
	return all
}

// readable indents JSON, and does not print what is no text.
func readable(b []byte) string {
	var pretty bytes.Buffer
	switch {
	case json.Indent(&pretty, bytes.TrimSpace(b), "", "  ") == nil:
		return pretty.String()
	case utf8.Valid(b):
		return strings.TrimRight(string(b), "\n")
	}
	return "(" + byteSize(int64(len(b))) + " that are no text)"
}
