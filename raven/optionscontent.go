package raven

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Limits bound what is sent of a value in extra, params, variables and panic
// values (protocol 6.2). They don't apply to messages, the texts of errors,
// tags, user, request, contexts and breadcrumbs, which are sent whole. Zero
// fields stand for the defaults.
type Limits struct {
	// StringLength is in characters; 400 by default.
	StringLength int
	// ListLength is in entries of a list, map or struct; 50 by default. The
	// entries of the extra itself are not counted.
	ListLength int
	// Depth is how many containers stand in one another, up to 100; 6 by
	// default. Deeper ones are sent as the name of their type.
	Depth int
}

const maxDepth = 100 // a value nested deeper costs more stack than it is worth

// WithLimits overrides the limits of values. Negative ones are an error, and so
// is a Depth above 100.
func WithLimits(l Limits) Option {
	return func(cfg *config) error {
		if l.StringLength < 0 || l.ListLength < 0 || l.Depth < 0 {
			return fmt.Errorf("raven: WithLimits(%+v): a limit is negative; 0 is the default", l)
		}
		if l.Depth > maxDepth {
			return fmt.Errorf("raven: WithLimits(%+v): the depth is above %d", l, maxDepth)
		}
		cfg.rules.tight = jsonvalue.Limits{
			Depth: cmp.Or(l.Depth, jsonvalue.Tight.Depth),
			Items: cmp.Or(l.ListLength, jsonvalue.Tight.Items),
			Runes: cmp.Or(l.StringLength, jsonvalue.Tight.Runes),
		}
		return nil
	}
}

// WithProcessors adds processors to the default one, [SanitizePasswords]. Nil
// is an error. Functions are called in the order in which they are given, those
// of [WithBeforeSend] last; they don't see what [Client.Send] sends, but the
// other processors do.
func WithProcessors(processors ...Processor) Option {
	return func(cfg *config) error {
		var errs []error
		for _, p := range processors {
			if p == nil {
				errs = append(errs, errors.New("raven: WithProcessors: a processor is nil"))
				continue
			}
			errs = append(errs, p.install(&cfg.rules))
		}
		return errors.Join(errs...)
	}
}

// WithoutDefaultProcessors switches [SanitizePasswords] off, unless
// [WithProcessors] names it. Passwords and card numbers are then sent like
// anything else.
func WithoutDefaultProcessors() Option {
	return setting(func(cfg *config) { cfg.noDefaultProcessors = true })
}

// WithBeforeSend calls fn with each event that is about to be sent, after every
// [ProcessorFunc] and under the same rules: fn may change the event, return
// another, or drop it by returning nil. Given twice, both are called. Nil is an
// error.
func WithBeforeSend(fn ProcessorFunc) Option {
	return func(cfg *config) error {
		if fn == nil {
			return errors.New("raven: WithBeforeSend: the function is nil")
		}
		cfg.beforeSend = append(cfg.beforeSend, namedFunc{"BeforeSend", fn, errBeforeSend})
		return nil
	}
}

// WithSourceContext sends the lines of source around the innermost frames of
// the program's own packages, as many as lines before and behind the frame's
// line, in place of 5; at most 20. The lines come from the files that the
// binary was built from, as they are when a place is first seen. Where these
// are absent, as on most servers and with -trimpath, nothing is sent. Zero
// lines sends none and opens no file.
//
// An event with source is several times as large as one without. So perSecond
// bounds how many events of one place carry it in a second, in place of 10;
// when an error comes in floods, the others go without. Zero: no bound.
// Numbers that are negative or too large are an error.
func WithSourceContext(lines, perSecond int) Option {
	return func(cfg *config) error {
		if lines < 0 || lines > stack.MaxSourceLines {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of lines must be from 0 to %d", lines, perSecond, stack.MaxSourceLines)
		}
		if perSecond < 0 {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of events is negative", lines, perSecond)
		}
		cfg.sourceLines, cfg.sourceRate = lines, perSecond
		return nil
	}
}

// WithInApp decides which frames are the program's own: those of the packages
// at and below the import paths in include, and none at and below those in
// exclude, which win. For all others the default stands: package main and the
// main module.
func WithInApp(include []string, exclude ...string) Option {
	rule := &stack.Rule{Include: slices.Clone(include), Exclude: slices.Clone(exclude)}
	return setting(func(cfg *config) { cfg.inApp = rule })
}

// WithBreadcrumbs keeps the latest n breadcrumbs in place of 100. Zero keeps
// none; fewer than that is an error.
func WithBreadcrumbs(n int) Option {
	return func(cfg *config) error {
		if n < 0 {
			return fmt.Errorf("raven: WithBreadcrumbs(%d): the number is negative", n)
		}
		cfg.breadcrumbs = n
		return nil
	}
}
