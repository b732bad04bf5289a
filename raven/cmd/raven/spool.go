package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

type spoolCommand struct {
	Ls    spoolLsCommand    `cmd:"" help:"List the events in a spool_dir."`
	Show  spoolShowCommand  `cmd:"" help:"Print an event in a spool_dir."`
	Retry spoolRetryCommand `cmd:"" help:"Deliver the events in a spool_dir that no running process holds."`
	Drop  spoolDropCommand  `cmd:"" help:"Remove events from a spool_dir, for good."`
}

// Help returns the command's detailed help.
func (*spoolCommand) Help() string {
	return `A program with spool_dir in its DSN keeps each event in that directory until it is delivered. A running program
holds the events that it delivers; those of a program that has ended are delivered at its next start.

    raven spool ls /var/lib/app/sentry
    raven spool show 0123456789abcdef0123456789abcdef /var/lib/app/sentry
    raven spool retry 'https://KEY@HOST/1?spool_dir=/var/lib/app/sentry'
    raven spool drop --all --yes /var/lib/app/sentry
`
}

// spoolDirs returns the directories that an argument means: a directory, or
// those in a DSN. Without one they are those in SENTRY_DSN.
func (e *environment) spoolDirs(given string) ([]string, error) {
	if given != "" && !strings.Contains(given, "://") {
		return []string{given}, nil
	}
	if cmp.Or(given, os.Getenv("SENTRY_DSN")) == "" {
		return nil, &advised{errors.New("no directory given"), "pass it as an argument, or set SENTRY_DSN to a DSN with spool_dir"}
	}
	targets, err := e.spoolTargets(given, "")
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, t := range targets {
		if dir := t.spoolDir(); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// spoolTargets returns the targets of a DSN that have a spool_dir. Dir is the
// spool_dir of all; "" means that each has its own.
func (e *environment) spoolTargets(given, dir string) ([]*target, error) {
	t, err := e.target(given)
	if err != nil {
		return nil, err
	}
	all := []*target{t}
	if t.isTee() {
		dsns, err := e.teeTargets(t)
		if err != nil {
			return nil, &advised{err, advice.For(err, t.dsn)}
		}
		all = nil
		for _, d := range dsns {
			next, err := e.target(d.Reveal())
			if err != nil {
				return nil, err
			}
			all = append(all, next)
		}
	}
	var with []*target
	for _, t := range all {
		if dir != "" {
			if own := transport.SpoolDir("", t.dsn); filepath.Base(dir) == own {
				dir = filepath.Dir(dir)
			}
			t.dsn.Options.Set(spoolDirOption, dir)
			t.dsn.Options.Del("overflow") // not allowed with spool_dir
		}
		if t.spoolDir() != "" {
			with = append(with, t)
		}
	}
	if len(with) == 0 {
		return nil, &advised{fmt.Errorf("%s has no spool_dir", t.dsn), "add it to the DSN, as in ?spool_dir=/var/lib/app/sentry, or pass the directory"}
	}
	return with, nil
}

const spoolDirOption = "spool_dir"

func (t *target) spoolDir() string { return t.dsn.Option(spoolDirOption) }

// hasSpool reports whether the target's transport has the options of a spool.
func (t *target) hasSpool() bool {
	return t.driver != nil && slices.ContainsFunc(t.driver.Options, func(s transport.OptionSpec) bool { return s.Name == spoolDirOption })
}

// withoutSpool checks the options of a spool, and returns the DSN without them:
// the commands send events of their own only, and must neither deliver those of
// others nor leave lanes in their directory.
func (e *environment) withoutSpool(t *target) (*transport.DSN, error) {
	dsn := t.dsn.Clone()
	var faults []error
	if t.isTee() {
		for i, text := range dsn.Options["to"] {
			if to, err := e.target(text); err == nil { // else opening it fails
				d, err := e.withoutSpool(to)
				dsn.Options["to"][i], faults = d.Reveal(), append(faults, err)
			}
		}
		targets, _ := transport.TeeTargets(dsn) // opening it fails, too
		own, err := e.target(targets[0].Reveal())
		if err != nil {
			return dsn, errors.Join(faults...)
		}
		t = own
	}
	if !t.hasSpool() {
		return dsn, errors.Join(faults...)
	}
	cfg := transport.ThreadedConfig{Spool: transport.SpoolConfig{DSN: t.dsn}}
	options := advice.OptionsFor(t.dsn, &cfg)
	for name := range options {
		if name != "overflow" && !strings.HasPrefix(name, "spool_") { // opening checks the others
			delete(options, name)
		}
	}
	if err := transport.DecodeOptions(options, &cfg); err != nil {
		faults = append(faults, err)
	} else {
		faults = append(faults, cfg.Check())
	}
	for _, spec := range transport.OptionSpecs(new(transport.SpoolConfig)) {
		dsn.Options.Del(spec.Name)
	}
	return dsn, errors.Join(faults...)
}

// spoolError adds advice to an error of the files.
func spoolError(err error) error {
	if _, ok := errors.AsType[*advised](err); ok {
		return err
	}
	fix := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fix = "check the path: it is the spool_dir of a DSN, and a program makes it when it starts"
	case errors.Is(err, fs.ErrPermission):
		fix = "run the command as the user whose program wrote the events"
	}
	return &advised{err, fix}
}

// checkOwner refuses to write into the directory of another user: the program
// could not read the files that the command makes there. That is about root,
// because others may not write there.
func checkOwner(dir string) error {
	uid, ok := ownerOf(dir)
	if !ok || uid == os.Geteuid() {
		return nil
	}
	return &advised{
		fmt.Errorf("%s belongs to another user (uid %d): its program could not read what this user writes there", dir, uid),
		fmt.Sprintf("run the command as that user, as in sudo -u '#%d' raven spool …", uid),
	}
}

// spoolSum sums up packets.
type spoolSum struct {
	count, held int
	bytes       int64
	oldest      time.Time
}

func (s *spoolSum) add(p transport.SpooledPacket) {
	if s.count == 0 || p.Accepted.Before(s.oldest) {
		s.oldest = p.Accepted
	}
	s.count++
	s.bytes += int64(len(p.Body))
	if p.Held {
		s.held++
	}
}

// String returns the sum as a part of a sentence.
func (s *spoolSum) String() string {
	if s.count == 0 {
		return "no events wait"
	}
	text := fmt.Sprintf("%s, %s", count(s.count, "event"), byteSize(s.bytes))
	if s.count > 1 {
		text += ", the oldest " + age(s.oldest) + " old"
	} else {
		text += ", " + age(s.oldest) + " old"
	}
	switch {
	case s.held == 0:
	case s.count == 1:
		text += "; a running process holds and delivers it"
	case s.held == s.count:
		text += "; running processes hold and deliver them"
	default:
		text += fmt.Sprintf("; running processes hold and deliver %d of them", s.held)
	}
	return text
}

func age(at time.Time) string {
	d := max(time.Since(at), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

func byteSize(n int64) string {
	switch {
	case n < 1000:
		return count(int(n), "byte")
	case n < 1000*1000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// spoolID returns the name of a packet in these commands.
func spoolID(p transport.SpooledPacket) string { return cmp.Or(p.EventID, p.Position) }

// sameDir compares directories. One of them is absolute.
func sameDir(a, b string) bool {
	absolute, err := filepath.Abs(b)
	return err == nil && a == absolute
}
