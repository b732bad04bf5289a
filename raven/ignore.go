package raven

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
)

// ErrorMatcher selects errors, for [WithIgnore] and [Only]. [Is], [As], [Named]
// and [Matching] make one; the zero value matches nothing. It never changes and
// is safe for concurrent use.
type ErrorMatcher struct {
	match func(error) bool // ignores the errors that its argument wraps
	fault error            // an error for New
}

// Matches reports whether the matcher selects err or an error that err wraps.
func (m ErrorMatcher) Matches(err error) bool { return matchesSome([]ErrorMatcher{m}, err) }

// Is matches the errors that equal one of targets, or whose method Is says so,
// as [errors.Is] does.
func Is(targets ...error) ErrorMatcher {
	return ErrorMatcher{match: func(err error) bool {
		for _, target := range targets {
			if guard.Same(err, target) {
				return true
			}
			if x, ok := err.(interface{ Is(error) bool }); ok && asked(x.Is, target) {
				return true
			}
		}
		return false
	}}
}

// As matches the errors of a type, as [errors.As] does: those assignable to T,
// or whose method As says so. T is a concrete type, *fs.PathError, or an
// interface, [net.Error].
func As[T error]() ErrorMatcher {
	return ErrorMatcher{match: func(err error) bool {
		if _, ok := err.(T); ok {
			return true
		}
		x, ok := err.(interface{ As(any) bool })
		return ok && asked(x.As, any(new(T)))
	}}
}

// Named matches the errors whose types have one of the given names. A name may
// be that of the type alone, PathError, or include the package: fs.PathError,
// io/fs.PathError. A star at the end matches any rest: fs.* is every type of a
// package fs, example.com/shop/* every type of the packages below that path.
// The star of a pointer is optional. Type arguments are not part of a name.
//
// It is for lists that come from a configuration; the compiler checks [As]. An
// empty name and a star alone are errors of [New].
func Named(patterns ...string) ErrorMatcher {
	names := make([]errchain.Pattern, len(patterns))
	for i, p := range patterns {
		var ok bool
		if names[i], ok = errchain.NewPattern(p); !ok {
			return ErrorMatcher{fault: fmt.Errorf("Named(%q): want the name of an error type, such as PathError, fs.PathError, io/fs.PathError or fs.*", p)}
		}
	}
	return ErrorMatcher{match: func(err error) bool {
		name := errchain.NameOf(err)
		for i := range names {
			if names[i].Matches(name) {
				return true
			}
		}
		return false
	}}
}

// Matching matches the errors for which fn returns true. fn is called for each
// error of a chain, the outermost first, and need not unwrap them. It must be
// safe for concurrent use. A panic of fn counts as false.
func Matching(fn func(error) bool) ErrorMatcher {
	if fn == nil {
		return ErrorMatcher{fault: errors.New("Matching: the function is nil")}
	}
	return ErrorMatcher{match: func(err error) bool { return asked(fn, err) }}
}

// asked calls a function of the program. A panic counts as false.
func asked[T any](fn func(T) bool, about T) (yes bool) {
	guard.Do(func() { yes = fn(about) })
	return yes
}

// matchesSome reports whether err, or an error that it wraps, is matched.
func matchesSome(matchers []ErrorMatcher, err error) bool {
	return guard.Any(err, errchain.MaxShown, func(err error) bool { return matchesItself(matchers, err) })
}

// matchesItself reports whether one error is matched.
func matchesItself(matchers []ErrorMatcher, err error) bool {
	return slices.ContainsFunc(matchers, func(m ErrorMatcher) bool { return m.match != nil && m.match(err) })
}

// ignoreRule is the rule of [WithIgnore] and [WithDefaultIgnores].
type ignoreRule struct {
	matchers []ErrorMatcher // of WithIgnore
	all      []ErrorMatcher // with the default ones, which don't apply to panics
}

// defaultIgnores are the standard library's errors for a client that has gone.
var defaultIgnores = Is(context.Canceled, http.ErrAbortHandler)

// ignores reports whether the captured error is ignored.
func (r *ignoreRule) ignores(d *draft, what *subject) bool {
	matchers := r.all
	if what.panicked != nil {
		matchers = r.matchers
	}
	return len(matchers) > 0 && d.chain.OnEveryPath(func(err error) bool { return matchesItself(matchers, err) })
}

// WithIgnore ignores the errors that one of the matchers selects, and errors
// that wrap them. An error that joins several is ignored only if each of them
// is. Given twice, the matchers add up.
//
// A capture of an ignored error returns "" and counts as [OutcomeIgnored]. So
// does a panic that [Client.Recover] stops, if its value is an ignored error.
// Messages and events are never ignored. [WithDefaultIgnores] lists what else
// is ignored.
func WithIgnore(matchers ...ErrorMatcher) Option {
	return func(cfg *config) error {
		var errs []error
		for _, m := range matchers {
			if m.fault != nil {
				errs = append(errs, fmt.Errorf("raven: WithIgnore: %w", m.fault))
			}
		}
		cfg.ignore.matchers = append(cfg.ignore.matchers, matchers...)
		return errors.Join(errs...)
	}
}

// WithDefaultIgnores turns the default rule on or off; it is on by default:
// errors that are or wrap [context.Canceled] or [http.ErrAbortHandler] are
// ignored as with [WithIgnore], because the other side has gone. Panics with
// them are reported, apart from [Client.Recover]'s rule for
// http.ErrAbortHandler.
func WithDefaultIgnores(ignore bool) Option {
	return setting(func(cfg *config) { cfg.defaultIgnores = ignore })
}
