package sentrytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Grouping is a guess at the issue that an event becomes part of. A real server
// also has rules of its project, cleans up names by platform, and replaces
// numbers in messages.
type Grouping struct {
	Key        string   // 32 hexadecimal digits; equal for events of one issue
	Why        string   // in words, for example "exception types and in-app frames"
	Components []string // what counts, in order, for example "frame example.com/shop.Charge"
}

// String returns the reason and the components, one a line.
func (g Grouping) String() string {
	return "grouped by " + g.Why + ":\n" + texts.Indent(strings.Join(g.Components, "\n"), "    ")
}

// GroupingPreview says into which issue Sentry would probably put the event,
// and why. It looks at, in this order: the fingerprint, in which "{{ default
// }}" stands for the rest and variables such as "{{ level }}" for their values;
// the types of the exceptions with their in-app frames (all frames if none is
// marked), each by module and function; the frames of the event's own or its
// crashed or current thread's stack trace; types and values of exceptions
// without frames; the message's template, or else the message. Line numbers,
// levels, tags and releases do not count.
//
// It is an approximation: see [Grouping].
func (e Event) GroupingPreview() Grouping {
	why, components := e.defaultGrouping()
	if len(e.Fingerprint) > 0 {
		why, components = e.fingerprintGrouping(why, components)
	}
	sum := sha256.Sum256([]byte(strings.Join(components, "\x00")))
	return Grouping{Key: hex.EncodeToString(sum[:16]), Why: why, Components: components}
}

func (e Event) fingerprintGrouping(defaultWhy string, defaults []string) (why string, components []string) {
	why = "its fingerprint"
	for _, part := range e.Fingerprint {
		name, variable := fingerprintVariable(part)
		if variable && name == "default" {
			why = "its fingerprint, which includes the default: " + defaultWhy
			components = append(components, defaults...)
			continue
		}
		text := fmt.Sprintf("fingerprint %q", part)
		if value, known := e.fingerprintValue(name); variable && known {
			text += fmt.Sprintf(" = %q", value)
		}
		components = append(components, text)
	}
	if len(e.Fingerprint) == 1 && strings.HasSuffix(why, defaultWhy) {
		why = defaultWhy
	}
	return why, components
}

// fingerprintVariable reads "{{ name }}".
func fingerprintVariable(part string) (string, bool) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(part), "{{")
	if !ok {
		return "", false
	}
	inner, ok = strings.CutSuffix(inner, "}}")
	return strings.TrimSpace(inner), ok
}

func (e Event) fingerprintValue(name string) (string, bool) {
	if tag, ok := strings.CutPrefix(name, "tags."); ok {
		return e.Tags[tag], true
	}
	var raised Exception
	if n := len(e.Exceptions); n > 0 {
		raised = e.Exceptions[n-1]
	}
	value, ok := map[string]string{
		"type": raised.Type, "error.type": raised.Type, "value": raised.Value, "error.value": raised.Value,
		"message": e.Message, "level": e.Level, "logger": e.Logger, "transaction": e.Transaction,
	}[name]
	return value, ok
}

func (e Event) defaultGrouping() (why string, components []string) {
	if len(e.Exceptions) > 0 {
		return e.exceptionGrouping()
	}
	if frames := groupingFrames(e.mainStack()); len(frames) > 0 {
		return "its stack trace", frames
	}
	switch {
	case e.LogEntry.Message != "":
		return "the template of its message", []string{fmt.Sprintf("message %q", e.LogEntry.Message)}
	case e.Message != "":
		return "its message", []string{fmt.Sprintf("message %q", e.Message)}
	}
	return "nothing, as it has neither exception, stack trace nor message", nil
}

func (e Event) exceptionGrouping() (why string, components []string) {
	why = "exception types and values, as there are no frames"
	for _, x := range e.Exceptions {
		if len(groupingFrames(x.Stacktrace)) > 0 {
			why = "exception types and in-app frames"
		}
	}
	for _, x := range e.Exceptions {
		frames := groupingFrames(x.Stacktrace)
		text := "exception " + x.Type
		if x.Mechanism != nil && x.Mechanism.Synthetic && len(frames) > 0 {
			components = append(components, frames...) // an SDK has made up type and value
			continue
		}
		if len(frames) == 0 && strings.HasSuffix(why, "no frames") {
			text += fmt.Sprintf(": %q", x.Value)
		}
		components = append(append(components, text), frames...)
	}
	return why, components
}

// mainStack returns the stack trace that an event without exceptions is about.
func (e Event) mainStack() *Stacktrace {
	if e.Stacktrace != nil {
		return e.Stacktrace
	}
	for _, t := range e.Threads {
		if t.Crashed || t.Current || len(e.Threads) == 1 {
			return t.Stacktrace
		}
	}
	return nil
}

// groupingFrames names the in-app frames of a stack trace, and all of them if
// none is in-app.
func groupingFrames(s *Stacktrace) []string {
	if s == nil {
		return nil
	}
	var all, inApp []string
	for _, f := range s.Frames {
		place := f.Module
		if place == "" {
			place = f.Filename
		}
		name := "frame " + strings.TrimPrefix(place+"."+f.Function, ".")
		all = append(all, name)
		if f.InApp != nil && *f.InApp {
			inApp = append(inApp, name)
		}
	}
	if len(inApp) > 0 {
		return inApp
	}
	return all
}

const approximation = "an approximation of Sentry's grouping"

// RequireSameIssue fails the test with Fatalf if the two events would probably
// become two issues, and shows what sets them apart. It compares
// [Event.GroupingPreview], an approximation of Sentry's grouping.
func RequireSameIssue(tb TB, a, b Event) {
	tb.Helper()
	one, other := a.GroupingPreview(), b.GroupingPreview()
	if one.Key == other.Key {
		return
	}
	tb.Fatalf("sentrytest: the events would be two issues (%s)\n  first:  %s, by %s\n  second: %s, by %s\n  what sets them apart:%s",
		approximation, a, one.Why, b, other.Why, setApart(one.Components, other.Components))
}

// RequireSeparateIssues fails the test with Fatalf if the two events would
// probably become one issue, and shows by what. It compares
// [Event.GroupingPreview], an approximation of Sentry's grouping.
func RequireSeparateIssues(tb TB, a, b Event) {
	tb.Helper()
	one := a.GroupingPreview()
	if one.Key != b.GroupingPreview().Key {
		return
	}
	tb.Fatalf("sentrytest: the events would be one issue (%s)\n  first:  %s\n  second: %s\n  both %s",
		approximation, a, b, one)
}

// setApart lists the components that only one side has, between what they have
// in common at both ends.
func setApart(first, second []string) string {
	start, end := texts.SharedEnds(len(first), len(second), func(i, j int) bool { return first[i] == second[j] })
	var b strings.Builder
	for _, side := range []struct {
		name string
		list []string
	}{{"first", first}, {"second", second}} {
		list := slices.Clone(side.list[start : len(side.list)-end])
		if len(list) == 0 {
			list = []string{nothing}
		}
		for _, component := range list {
			fmt.Fprintf(&b, "\n    %-7s %s", side.name+":", component)
		}
	}
	return b.String()
}
