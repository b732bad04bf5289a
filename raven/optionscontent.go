package raven

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Limits limit the values in extra, params, variables and panics. They don't
// apply to messages, error texts, tags, user, request, contexts and
// breadcrumbs. Zero fields mean the defaults.
type Limits struct {
	// StringLength is in characters; 400 by default.
	StringLength int
	// ListLength is the number of entries of a list, map or struct; 50 by
	// default. The extra itself may have more.
	ListLength int
	// Depth is how deep containers nest, up to 100; 6 by default. Deeper ones
	// are sent as the names of their types.
	Depth int
}

const maxDepth = 100 // bounds the stack that encoding takes

// WithLimits overrides the limits of values. A negative limit and a Depth above
// 100 are errors.
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
// is an error. Functions are called in the given order, those of
// [WithBeforeSend] last, but not for [Client.Send]. The other processors apply
// to it as well.
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

// WithoutDefaultProcessors turns [SanitizePasswords] off, unless
// [WithProcessors] lists it. Passwords and card numbers are then sent.
func WithoutDefaultProcessors() Option {
	return setting(func(cfg *config) { cfg.noDefaultProcessors = true })
}

// WithBeforeSend calls fn with each event before it is sent, after every
// [ProcessorFunc] and under the same rules: fn may change the event, return
// another, or return nil to drop it. Given twice, both are called. Nil is an
// error.
func WithBeforeSend(fn ProcessorFunc) Option {
	return valid(fn != nil, errors.New("raven: WithBeforeSend: the function is nil"), func(cfg *config) {
		cfg.beforeSend = append(cfg.beforeSend, namedFunc{"BeforeSend", fn, errBeforeSend})
	})
}

// WithSourceContext sends source lines with the innermost frames of the
// program's own packages: as many as lines before and after the frame's line,
// at most 20; the default is 5. They are read from the files that the binary
// was built from, when a place is first captured. On most servers, and with
// -trimpath, there are no such files and no lines are sent. Zero lines sends
// none and opens no file.
//
// Source makes an event several times as large. perSecond limits how many
// events of one place carry it in a second; the default is 10, zero means no
// limit. Negative numbers and more than 20 lines are errors.
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
// at and below the import paths in include, but none at and below those in
// exclude. For other packages the default applies: package main and the main
// module are the program's own.
func WithInApp(include []string, exclude ...string) Option {
	rule := &stack.Rule{Include: slices.Clone(include), Exclude: slices.Clone(exclude)}
	return setting(func(cfg *config) { cfg.inApp = rule })
}

// WithBreadcrumbs keeps the latest n breadcrumbs; the default is 100. Zero
// keeps none. A negative number is an error.
func WithBreadcrumbs(n int) Option {
	return number("WithBreadcrumbs", n, func(cfg *config) { cfg.breadcrumbs = n })
}
