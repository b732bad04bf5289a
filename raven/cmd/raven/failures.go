package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// failures groups errors with the same cause.
type failures struct {
	total int
	kinds []*failure // in the order of their first appearance
	byKey map[string]*failure
}

type failure struct {
	err   error // the first of its kind
	times int
}

// incidental matches the differences between two errors with the same cause:
// the event, the local port, the remaining time.
var incidental = regexp.MustCompile(`[0-9a-f]{32}|\S+:\d+->|\b[0-9.hm]+m?s\b`)

func (f *failures) add(o outcome) {
	f.total++
	key := incidental.ReplaceAllString(o.err.Error(), "")
	if known := f.byKey[key]; known != nil {
		known.times++
		return
	}
	if f.byKey == nil {
		f.byKey = make(map[string]*failure)
	}
	f.byKey[key] = &failure{err: o.err, times: 1}
	f.kinds = append(f.kinds, f.byKey[key])
}

func (f *failures) first() error {
	if len(f.kinds) == 0 {
		return nil
	}
	return f.kinds[0].err
}

// report returns nil if all events were delivered.
func (f *failures) report(count, delivered int) error {
	if delivered == count {
		return nil
	}
	if count == 1 && f.total == 1 {
		return fmt.Errorf("the event was not delivered: %s", plain(f.first().Error()))
	}
	lines := []string{fmt.Sprintf("%d of %d events were not delivered", count-delivered, count)}
	lines = append(lines, f.lines()...)
	if rest := count - delivered - f.total; rest > 0 {
		lines = append(lines, fmt.Sprintf("%d were not tried: interrupted", rest))
	}
	return errors.New(strings.Join(lines, "\n"))
}

// lines returns a line for each cause.
func (f *failures) lines() (lines []string) {
	for _, kind := range f.kinds {
		line := plain(kind.err.Error())
		if kind.times > 1 {
			line = fmt.Sprintf("%d times: %s (and similar)", kind.times, line)
		}
		lines = append(lines, line)
	}
	return lines
}
