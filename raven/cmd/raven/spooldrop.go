package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

type spoolDropCommand struct {
	All  bool     `help:"Remove every event."`
	Yes  bool     `help:"Remove them. Without it, the command only prints what it would remove."`
	Args []string `arg:"" optional:"" name:"id" help:"The ids of events, as raven spool ls prints them, and then the spool_dir, one DSN's directory in it, or a DSN. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*spoolDropCommand) Help() string {
	return `Removes events that were not delivered; they are lost. Events that a running process holds are left: end it first. The
exit code is 1 if an event was not removed, or without --yes.

    raven spool drop --yes 0123456789abcdef0123456789abcdef /var/lib/app/sentry
    raven spool drop --all --yes /var/lib/app/sentry
`
}

// looksLikeID matches ids of events, also as Sentry prints them, and positions.
var looksLikeID = regexp.MustCompile(`(?i)^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|lane-\d+/\d+/\d+)$`)

// Run runs `raven spool drop`.
func (c *spoolDropCommand) Run(env *environment) error {
	ids, dir, err := c.arguments()
	if err != nil {
		return err
	}
	dirs, err := env.spoolDirs(dir)
	if err != nil {
		return err
	}
	d := &dropping{ids: ids, found: make(map[string]bool)}
	for _, dir := range dirs {
		if err = d.run(dir, c.Yes); err != nil {
			break
		}
	}
	if err != nil {
		if c.Yes {
			fmt.Fprintf(env.out, "%s removed.\n", count(d.dropped, "event"))
		}
		return spoolError(err)
	}
	d.print(env, c.Yes)
	return d.conclude(env, c.Yes, strings.Join(dirs, ", "))
}

// arguments divides the arguments into ids and a directory.
func (c *spoolDropCommand) arguments() (ids []string, dir string, err error) {
	ids = c.Args
	if n := len(ids); n > 0 && !looksLikeID.MatchString(ids[n-1]) {
		ids, dir = ids[:n-1], ids[n-1]
	}
	for _, id := range ids {
		if !looksLikeID.MatchString(id) {
			return nil, "", usage(fmt.Errorf("%q is not an event's id", id))
		}
	}
	switch {
	case c.All && len(ids) > 0:
		return nil, "", usage(errors.New("--all removes every event: give either it or ids"))
	case !c.All && len(ids) == 0:
		return nil, "", usage(errors.New("no events given: want their ids, or --all"))
	}
	return ids, dir, nil
}

func usage(err error) error { return &advised{err, "raven spool drop --help shows its usage"} }

// dropping is one run of `raven spool drop`.
type dropping struct {
	ids   []string // none means all
	found map[string]bool

	matched, held []string // lines about events
	dropped, left int
}

func (d *dropping) run(dir string, really bool) error {
	if !really {
		return transport.ReadSpool(dir, func(p transport.SpooledPacket) bool {
			if d.matches(p) && p.Held {
				d.left++
			}
			return true
		})
	}
	var foreign error
	dropped, held, err := transport.DropSpool(dir, func(p transport.SpooledPacket) bool {
		if err := checkOwner(p.Dir); err != nil {
			foreign = err
			return false
		}
		return d.matches(p)
	})
	err = cmp.Or(err, foreign)
	d.dropped += dropped
	d.left += held
	return err
}

// matches reports whether a packet is meant, and notes it.
func (d *dropping) matches(p transport.SpooledPacket) bool {
	meant := len(d.ids) == 0
	for _, id := range d.ids {
		if sameID(p, id) {
			meant, d.found[id] = true, true
		}
	}
	if !meant {
		return false
	}
	line := strings.TrimSpace(spoolID(p) + "  " + headline(p))
	if p.Held {
		d.held = append(d.held, line)
	} else {
		d.matched = append(d.matched, line)
	}
	return true
}

// maxNamed is how many events are named if all of them are meant.
const maxNamed = 20

func (d *dropping) print(env *environment, really bool) {
	title := "would be removed"
	if really {
		title = "removed"
	}
	for _, group := range []struct {
		title string
		lines []string
	}{{title, d.matched}, {"left to running processes", d.held}} {
		if len(group.lines) == 0 {
			continue
		}
		fmt.Fprintf(env.out, "%s %s:\n", count(len(group.lines), "event"), group.title)
		named := group.lines
		if len(d.ids) == 0 && len(named) > maxNamed {
			named = named[:maxNamed]
		}
		for _, line := range named {
			fmt.Fprintln(env.out, " ", line)
		}
		if rest := len(group.lines) - len(named); rest > 0 {
			fmt.Fprintf(env.out, "  and %d more\n", rest)
		}
	}
}

// conclude returns an error if not everything was removed.
func (d *dropping) conclude(env *environment, really bool, where string) error {
	missing := slices.DeleteFunc(slices.Clone(d.ids), func(id string) bool { return d.found[id] })
	switch {
	case len(missing) > 0:
		return &advised{fmt.Errorf("no such event waits in %s: %s", where, strings.Join(missing, ", ")), "raven spool ls lists those that wait"}
	case !really && len(d.matched) > 0:
		return &advised{errors.New("nothing was removed"), "add --yes to remove them for good; raven spool retry delivers them"}
	case d.left > 0:
		return &advised{fmt.Errorf("not removed: %s", count(d.left, "event")), "a running process holds and delivers what is left: end it first"}
	case len(d.matched) == 0:
		fmt.Fprintf(env.out, "No events wait in %s.\n", where)
	}
	return nil
}
