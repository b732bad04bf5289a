package raven

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/errchain"
)

// ErrorMatcher picks errors: for [WithIgnore] those that are not worth a
// report. [Is], [As], [Named] and [Matching] make one; the zero value matches
// nothing. It never changes, and is safe for concurrent use.
type ErrorMatcher struct {
	match func(error) bool // judges one error, without what that wraps
	fault error            // what is wrong with the matcher, for New to report
}

// Matches reports whether the matcher picks err, or an error that err wraps in
// whatever way: the question that [errors.Is] answers for one value.
func (m ErrorMatcher) Matches(err error) bool {
	budget := errchain.MaxShown
	return matchesSome([]ErrorMatcher{m}, err, &budget)
}

// Is matches the errors that are one of targets, as [errors.Is] has it: the
// same value, or one whose method Is says so.
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

// As matches the errors of a type, as [errors.As] has it: those that can be
// assigned to it, or whose method As says so. T is a concrete type,
// *fs.PathError, or an interface, [net.Error].
func As[T error]() ErrorMatcher {
	return ErrorMatcher{match: func(err error) bool {
		if _, ok := err.(T); ok {
			return true
		}
		x, ok := err.(interface{ As(any) bool })
		return ok && asked(x.As, any(new(T)))
	}}
}

// Named matches the errors whose types have one of the given names (protocol
// 6.5). A name is that of the type alone, PathError, or of its package too:
// fs.PathError, io/fs.PathError. A star at the end stands for any rest: fs.*
// is every type of a package of that name, example.com/shop/* every type of the
// packages below that path. The star of a pointer may be there or not, and what
// a generic type is made of is no part of its name.
//
// It is for lists that come from a configuration; [As] is what the compiler
// checks. An empty name, or a star alone, is an error of [New].
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

// Matching matches the errors for which fn returns true. It is asked about the
// errors of a chain one by one, the outermost first, and need not unwrap them;
// it has to be safe for concurrent use. A panic in it counts as false.
func Matching(fn func(error) bool) ErrorMatcher {
	if fn == nil {
		return ErrorMatcher{fault: errors.New("Matching: the function is nil")}
	}
	return ErrorMatcher{match: func(err error) bool { return asked(fn, err) }}
}

// asked calls a function of the program.
func asked[T any](fn func(T) bool, about T) bool {
	guard.Enter()
	defer guard.Leave()
	return fn(about)
}

// matchesSome reports whether err, or any error that it wraps, is matched:
// what a list of wanted errors means. budget ends what no cycle check can see.
func matchesSome(matchers []ErrorMatcher, err error, budget *int) bool {
	for err != nil && *budget > 0 {
		*budget--
		if matchesItself(matchers, err) {
			return true
		}
		many, one := guard.Unwrap(err)
		for _, branch := range many {
			if matchesSome(matchers, branch, budget) {
				return true
			}
		}
		err = one
	}
	return false
}

// matchesItself judges one error. Methods of the error and functions of the
// caller may panic, which is no reason to lose the report.
func matchesItself(matchers []ErrorMatcher, err error) (matched bool) {
	defer func() {
		if recover() != nil {
			matched = false
		}
	}()
	for _, m := range matchers {
		if m.match != nil && m.match(err) {
			return true
		}
	}
	return false
}

// ignoreRule is what [WithIgnore] and [WithDefaultIgnores] say.
type ignoreRule struct {
	matchers []ErrorMatcher // of WithIgnore
	all      []ErrorMatcher // and the default ones; panics are spared these
}

// defaultIgnores are the errors by which Go's own libraries say that somebody
// has left.
var defaultIgnores = Is(context.Canceled, http.ErrAbortHandler)

func (cfg *config) ignoreRule() ignoreRule {
	r := ignoreRule{matchers: cfg.ignored, all: cfg.ignored}
	if cfg.defaultIgnores {
		r.all = append([]ErrorMatcher{defaultIgnores}, cfg.ignored...)
	}
	return r
}

// ignores reports whether what was captured is not to be reported.
func (r *ignoreRule) ignores(d *draft, what *subject) bool {
	matchers := r.all
	if what.panicked != nil {
		matchers = r.matchers
	}
	return len(matchers) > 0 && d.chain.OnEveryPath(func(err error) bool { return matchesItself(matchers, err) })
}

// WithIgnore leaves errors unreported that one of the matchers picks: the error
// itself, or one that it wraps. An error that joins several is ignored only if
// each of them is. Given twice, the matchers add up.
//
// A capture of an ignored error returns "" and counts as [OutcomeIgnored].
// Messages and events are no errors, and never ignored; the panics that
// [Client.Recover] stops are, if their value is an error. [WithDefaultIgnores]
// says what else is ignored.
func WithIgnore(matchers ...ErrorMatcher) Option {
	return func(cfg *config) error {
		var errs []error
		for _, m := range matchers {
			if m.fault != nil {
				errs = append(errs, fmt.Errorf("raven: WithIgnore: %w", m.fault))
			}
		}
		cfg.ignored = append(cfg.ignored, matchers...)
		return errors.Join(errs...)
	}
}

// WithDefaultIgnores says whether [context.Canceled] and
// [http.ErrAbortHandler], or errors that wrap one of them, are ignored, as
// those of [WithIgnore] are. They are by default: somebody hung up, which is
// no fault of the program. A panic with one of them is reported all the same,
// but for [Client.Recover]'s own rule about http.ErrAbortHandler.
func WithDefaultIgnores(ignore bool) Option {
	return setting(func(cfg *config) { cfg.defaultIgnores = ignore })
}
