package sentrytest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// HasMessage is met by events whose message, formatted, is exactly the given
// one.
func HasMessage(message string) Predicate {
	return NewPredicate(fmt.Sprintf("message %q", message), func(e Event) error {
		if e.Message == message {
			return nil
		}
		return messageMismatch(e, jsontree.Text(message), func(text string) bool { return text == message })
	})
}

// HasMessageMatching is met by events whose message, formatted, contains a
// match of the regular expression. A malformed one panics, since with a
// predicate that meets nothing [RequireNoEvent] would pass.
func HasMessageMatching(expr string) Predicate {
	re, err := regexp.Compile(expr)
	if err != nil {
		panic(fmt.Sprintf("sentrytest: HasMessageMatching(%q) at %s: %v", expr, caller(), err))
	}
	return NewPredicate(fmt.Sprintf("message matching %q", expr), func(e Event) error {
		if re.MatchString(e.Message) {
			return nil
		}
		return messageMismatch(e, "a match of "+jsontree.Text(expr), re.MatchString)
	})
}

// messageMismatch also names an exception that has the text.
func messageMismatch(e Event, want string, wanted func(string) bool) error {
	text, got := fmt.Sprintf("message is %q", texts.Shorten(e.Message, 200)), jsontree.Text(e.Message)
	if e.Message == "" {
		text, got = "there is no message", nothing
	}
	for _, x := range e.Exceptions {
		if wanted(x.Value) {
			text += fmt.Sprintf(", but the %s has that value: use HasException", x.Type)
			break
		}
	}
	return mismatch("message", want, got, text)
}

// HasException is met by events with an exception of the given type and value
// anywhere in the chain. An empty string stands for any.
func HasException(errorType, value string) Predicate {
	want := exceptionText(errorType, value)
	return NewPredicate("exception "+want, func(e Event) error {
		if len(e.Exceptions) == 0 {
			return mismatch("exception", want, nothing, "there is no exception")
		}
		var found []string
		for _, x := range e.Exceptions {
			if (errorType == "" || x.Type == errorType) && (value == "" || x.Value == value) {
				return nil
			}
			found = append(found, exceptionText(x.Type, x.Value))
		}
		return mismatch("exception", want, nearest(want, found), "exceptions are "+strings.Join(found, ", "))
	})
}

func exceptionText(errorType, value string) string {
	switch {
	case errorType == "" && value == "":
		return "of any kind"
	case value == "":
		return errorType
	case errorType == "":
		return fmt.Sprintf("with value %q", texts.Shorten(value, 120))
	}
	return fmt.Sprintf("%s: %q", errorType, texts.Shorten(value, 120))
}

// HasTag is met by events whose tag of that name has the value.
func HasTag(name, value string) Predicate {
	return NewPredicate(fmt.Sprintf("tag %s=%q", name, value), func(e Event) error {
		got, ok := e.Tags[name]
		if !ok {
			return mismatch("tag "+name, jsontree.Text(value), nothing, fmt.Sprintf("there is no tag %s%s", name, among("tags", texts.SortedKeys(e.Tags))))
		}
		return compare("tag "+name, got, value)
	})
}

// HasExtra is met by events whose extra data hold the value at the path: object
// keys and list indexes joined by dots, as in "job.args.0". The value is
// compared in its JSON form, so 7, 7.0 and int64(7) are equal.
func HasExtra(path string, value any) Predicate {
	return jsonPredicate("extra "+path, value, func(e *subject) (any, error) {
		if got, ok := jsontree.Lookup(e.Extra, path); ok {
			return got, nil
		}
		return nil, fmt.Errorf("there is no extra %s%s", path, among("extra", texts.SortedKeys(e.Extra)))
	})
}

// HasContext is met by events whose contexts hold the value at the path: the
// context's name, object keys and list indexes joined by dots, as in "os.name"
// or "device.screen.0". The value is compared in its JSON form, as in
// [HasExtra].
func HasContext(path string, value any) Predicate {
	return jsonPredicate("context "+path, value, func(e *subject) (any, error) {
		contexts := map[string]any{}
		for name, context := range e.Contexts {
			contexts[name] = context
		}
		if got, ok := jsontree.Lookup(contexts, path); ok {
			return got, nil
		}
		return nil, fmt.Errorf("there is no context %s%s", path, among("contexts", texts.SortedKeys(e.Contexts)))
	})
}

// HasJSON is met by events whose JSON, as received, holds the value at the
// path: object keys and list indexes joined by dots, as in
// "exception.values.0.type". It also reaches what [Event] has no field for.
// Keys may contain dots, negative indexes count from the end, and values are
// compared as in [HasExtra].
func HasJSON(path string, value any) Predicate {
	return jsonPredicate("JSON "+path, value, func(e *subject) (any, error) {
		if len(e.Raw) == 0 {
			return nil, errors.New("the event has no JSON: it was made in Go")
		}
		tree, err := e.json()
		if err != nil {
			return nil, fmt.Errorf("the event's JSON: %w", err)
		}
		if got, ok := jsontree.Lookup(tree, path); ok {
			return got, nil
		}
		return nil, fmt.Errorf("there is nothing at %s", path)
	})
}

// jsonPredicate compares values in their JSON form. A value that has none is
// the caller's mistake and panics.
func jsonPredicate(what string, value any, find func(*subject) (any, error)) Predicate {
	want, err := jsontree.Of(value)
	if err != nil {
		panic(fmt.Sprintf("sentrytest: %s: %v", what, err))
	}
	return Predicate{text: what + "=" + jsontree.Show(want), match: func(e *subject) error {
		got, err := find(e)
		if err != nil {
			return mismatch(what, jsontree.Text(want), nothing, err.Error())
		}
		if jsontree.Equal(got, want) {
			return nil
		}
		return &Mismatch{Reason: fmt.Sprintf("%s is %s", what, jsontree.Show(got)), Fields: fieldDiffs(jsontree.Diff(what, want, got))}
	}}
}

// HasLevel is met by events of the level: debug, info, warning, error or fatal.
// It takes any type of string, such as the Level types of client libraries.
func HasLevel[S ~string](level S) Predicate {
	return hasText("level", "%s", string(level), func(e Event) string { return e.Level })
}

// hasText compares one text of events.
func hasText(what, format, want string, get func(Event) string) Predicate {
	return NewPredicate(what+" "+fmt.Sprintf(format, want), func(e Event) error { return compare(what, get(e), want) })
}

// HasUserID is met by events about the user with this id.
func HasUserID(id string) Predicate {
	return hasText("user id", "%q", id, func(e Event) string { return e.User.ID })
}

// HasBreadcrumb is met by events with a breadcrumb of this message.
func HasBreadcrumb(message string) Predicate {
	return NewPredicate(fmt.Sprintf("breadcrumb %q", message), func(e Event) error {
		var found []string
		for _, b := range e.Breadcrumbs {
			if b.Message == message {
				return nil
			}
			found = append(found, fmt.Sprintf("%q", texts.Shorten(b.Message, 80)))
		}
		want := jsontree.Text(message)
		if len(found) == 0 {
			return mismatch("breadcrumb", want, nothing, "there are no breadcrumbs")
		}
		return mismatch("breadcrumb", want, nearest(want, found), "breadcrumbs are "+shortList(found))
	})
}

// HasFrame is met by events with a frame of this function in any stack trace.
// The function is given as the frame has it or with its module, as in "Charge"
// or "example.com/shop/billing.Charge".
func HasFrame(function string) Predicate {
	return NewPredicate("frame "+function, func(e Event) error {
		var found []string
		for _, f := range e.frames() {
			if f.Function == function || f.Module+"."+f.Function == function {
				return nil
			}
			found = append(found, f.Function)
		}
		if len(found) == 0 {
			return mismatch("frame", function, nothing, "there are no frames")
		}
		slices.Reverse(found) // the innermost call says most
		return mismatch("frame", function, nearest(function, found), "frames are "+shortList(found))
	})
}

// frames returns the frames of every stack trace of the event.
func (e Event) frames() []Frame {
	var all []Frame
	add := func(s *Stacktrace) {
		if s != nil {
			all = append(all, s.Frames...)
		}
	}
	for _, t := range e.Threads {
		add(t.Stacktrace)
	}
	add(e.Stacktrace)
	for _, x := range e.Exceptions {
		add(x.Stacktrace)
	}
	return all
}

// HasFingerprint is met by events with exactly these parts as their
// fingerprint.
func HasFingerprint(parts ...string) Predicate {
	return NewPredicate(fmt.Sprintf("fingerprint %q", parts), func(e Event) error {
		if slices.Equal(e.Fingerprint, parts) {
			return nil
		}
		return mismatch("fingerprint", fmt.Sprintf("%q", parts), fmt.Sprintf("%q", e.Fingerprint), fmt.Sprintf("fingerprint is %q", e.Fingerprint))
	})
}

// HasRelease is met by events of this release.
func HasRelease(release string) Predicate {
	return hasText("release", "%q", release, func(e Event) string { return e.Release })
}

// HasEnvironment is met by events of this environment.
func HasEnvironment(environment string) Predicate {
	return hasText("environment", "%q", environment, func(e Event) string { return e.Environment })
}

// HasEventID is met by the event with this id, in any spelling of a UUID.
func HasEventID(id string) Predicate {
	return hasText("event id", "%s", cleanID(id), func(e Event) string { return e.EventID })
}

func compare(what, got, want string) error {
	if got == want {
		return nil
	}
	return mismatch(what, jsontree.Text(want), jsontree.Text(got), fmt.Sprintf("%s is %q", what, texts.Shorten(got, 200)))
}

// nearest returns the text that is most like the wanted one, and how many
// others there are.
func nearest(want string, found []string) string {
	best := found[0]
	for _, text := range found[1:] {
		if likeness(want, text) > likeness(want, best) {
			best = text
		}
	}
	if len(found) > 1 {
		best += fmt.Sprintf(", and %d that are less like it", len(found)-1)
	}
	return best
}

// among lists the names that there are.
func among(what string, names []string) string {
	if len(names) == 0 {
		return ", nor any other"
	}
	return fmt.Sprintf(" (%s: %s)", what, shortList(names))
}

// shortList joins the first entries of a list.
func shortList(list []string) string {
	const most = 12
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}
