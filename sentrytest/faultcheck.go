package sentrytest

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// FaultProblem is a field of a [Fault] that is not in order.
type FaultProblem struct {
	Field string // as in JSON
	Value string
	Want  string // what is allowed
}

// String returns the problem on one line.
func (p FaultProblem) String() string {
	return fmt.Sprintf("%s: %s is not allowed, want %s", p.Field, p.Value, p.Want)
}

// FaultError says why a [Fault] can't be used.
type FaultError struct {
	Index    int    // its place in the list, 1 being the first; 0 when there is no list
	Name     string // of the fault
	Problems []FaultProblem
}

// Error names the fault and every field that is not in order, one a line if there are several.
func (e *FaultError) Error() string {
	text := "sentrytest: fault"
	if e.Index > 0 {
		text += fmt.Sprintf(" %d", e.Index)
	}
	if e.Name != "" {
		text += fmt.Sprintf(" (%s)", e.Name)
	}
	separator := ": "
	if len(e.Problems) > 1 {
		separator = "\n\t"
	}
	for _, p := range e.Problems {
		text += separator + p.String()
	}
	return text
}

// faultCheck turns a fault into the parts of a rule and collects what is wrong with it.
type faultCheck struct {
	fault    Fault
	problems []FaultProblem
}

func (c *faultCheck) add(field string, value any, want string) {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		text = fmt.Sprintf("%q", s)
	}
	c.problems = append(c.problems, FaultProblem{Field: field, Value: text, Want: want})
}

// that reports ok, and the problem if it is not.
func (c *faultCheck) that(ok bool, field string, value any, want string) bool {
	if !ok {
		c.add(field, value, want)
	}
	return ok
}

// oneOf checks a text that may be left out.
func (c *faultCheck) oneOf(field, value string, allowed []string) bool {
	return value == "" || c.that(slices.Contains(allowed, value), field, value, "one of "+strings.Join(allowed, ", "))
}

func (c *faultCheck) kind() faultKind {
	name := c.fault.Do
	if name == "" {
		name = answerKind
	}
	if !c.oneOf("do", name, FaultKinds()) {
		name = answerKind
	}
	return faultKinds[name]
}

// kindsWith lists the values of do whose kinds have a property.
func kindsWith(has func(faultKind) bool) string {
	var names []string
	for _, name := range FaultKinds() {
		if has(faultKinds[name]) {
			names = append(names, name)
		}
	}
	return "do to be one of " + strings.Join(names, ", ")
}

var (
	levels    = []string{"debug", "info", "warning", "error", "fatal"}
	endpoints = slices.Sorted(maps.Keys(wire.Protocols))
)

// categories returns the categories that something can have.
func categories() []string {
	all := slices.Concat(slices.Collect(maps.Values(itemCategories))...)
	slices.Sort(all)
	return slices.Compact(all)
}

func (c *faultCheck) conditions() []Condition {
	f := c.fault
	var out []Condition
	if c.oneOf("endpoint", f.Endpoint, endpoints) && f.Endpoint != "" {
		out = append(out, OnEndpoint(f.Endpoint))
	}
	if _, err := path.Match(trimPath(f.Path), ""); c.that(err == nil, "path", f.Path, "a path in which * stands for anything but a slash") && f.Path != "" {
		out = append(out, OnPath(f.Path))
	}
	if c.that(f.SizeOver >= 0, "size_over", f.SizeOver, "a number of bytes") && f.SizeOver > 0 {
		out = append(out, SizeOver(f.SizeOver))
	}
	if c.that(f.SizeUnder >= 0, "size_under", f.SizeUnder, "a number of bytes") && f.SizeUnder > 0 {
		out = append(out, SizeUnder(f.SizeUnder))
	}
	if c.oneOf("level", f.Level, levels) && f.Level != "" {
		out = append(out, WithLevel(f.Level))
	}
	if f.Item != "" {
		out = append(out, WithItem(f.Item))
	}
	if c.oneOf("category", f.Category, categories()) && f.Category != "" {
		out = append(out, WithCategory(f.Category))
	}
	if _, err := regexp.Compile(f.Message); c.that(err == nil, "message", f.Message, "a regular expression") && f.Message != "" {
		out = append(out, WithEvent(HasMessageMatching(f.Message)))
	}
	if c.that(f.Attempt >= 0, "attempt", f.Attempt, "1 for the first attempt, and so on") && f.Attempt > 0 {
		out = append(out, OnAttempt(f.Attempt))
	}
	return out
}

func (c *faultCheck) step(kind faultKind) Step {
	f := c.fault
	pace := c.duration("pace", f.Pace)
	c.that(kind.pace || f.Pace == "", "pace", f.Pace, kindsWith(func(k faultKind) bool { return k.pace }))
	c.that(!kind.pace || f.Pace != "", "pace", f.Pace, `a duration such as "1.5s" or "200ms"`)
	if !kind.bytes {
		c.that(f.Bytes == 0, "bytes", f.Bytes, kindsWith(func(k faultKind) bool { return k.bytes }))
	} else if !c.that(f.Bytes >= kind.least, "bytes", f.Bytes, fmt.Sprintf("a number of bytes, at least %d", kind.least)) {
		return Step{}
	}
	step := kind.step(f.Bytes, pace).After(c.duration("delay", f.Delay)).BodyAfter(c.duration("body_delay", f.BodyDelay))
	c.answer(kind)
	if f.Status == 0 || c.that(f.Status >= 200 && f.Status <= 999, "status", f.Status, "a final status, 200 to 999") {
		step.status = f.Status
	}
	for key, values := range f.header() {
		step = step.Header(key, values[0])
	}
	if f.Body != nil {
		step = step.Body(*f.Body)
	}
	for _, code := range f.Informational {
		if c.that(code >= 100 && code <= 199 && code != http.StatusSwitchingProtocols, "informational", code, "100 to 199, but for 101") {
			step = step.Informational(code)
		}
	}
	step.thenClose = f.ThenClose
	return step
}

// answer checks that a fault which sends no answer does not say what the answer is.
func (c *faultCheck) answer(kind faultKind) {
	f := c.fault
	sending := kindsWith(func(k faultKind) bool { return k.sent })
	for _, field := range []struct {
		name  string
		set   bool
		value any
	}{
		{"retry_after", f.RetryAfter != "", f.RetryAfter},
		{"rate_limits", f.RateLimits != "", f.RateLimits},
		{"headers", len(f.Headers) > 0, f.Headers},
		{"body", f.Body != nil, deref(f.Body)},
		{"body_delay", f.BodyDelay != "", f.BodyDelay},
		{"informational", len(f.Informational) > 0, f.Informational},
	} {
		c.that(kind.sent || !field.set, field.name, field.value, sending)
	}
	plain := f.Do == "" || f.Do == answerKind
	c.that(plain || f.Status == 0, "status", f.Status, "do to be "+answerKind)
	c.that(plain || !f.ThenClose, "then_close", f.ThenClose, "do to be "+answerKind)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (c *faultCheck) duration(field, text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	c.that(err == nil && d >= 0, field, text, `a duration such as "1.5s" or "200ms"`)
	return d
}
