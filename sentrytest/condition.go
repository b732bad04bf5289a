package sentrytest

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Condition is what a [Fault] asks of a request. Conditions are values, made by
// [OnSizeOver] and the other functions that return one. The zero value is met by
// every request. Safe for concurrent use.
type Condition struct {
	text  string
	word  string // its name where a fault is text; "" for one that only Go can say
	value any    // its value there
	known stage  // the earliest stage at which it can be told
	match func(*call) bool
}

// call is what a request, or a connection, shows of itself when a step is looked
// for.
type call struct {
	server  *Server
	req     *Request // nil for a connection
	verdict *verdict // nil before the body is read
	eventID string
	attempt int // how often the event id has come, this time included; 0 when nobody counts
}

// String returns the condition as one would write it.
func (c Condition) String() string {
	if c.text == "" {
		return "Condition{}"
	}
	return c.text
}

// on is a kind of condition, in Go and as text.
type on[T string | int] struct {
	word, call, doc string
	known           stage
	oneOf           []string                 // the values that are allowed; nil leaves that to match
	want            string                   // what is allowed, if oneOf does not say it
	match           func(T) func(*call) bool // nil for a value that is not allowed
}

var (
	onSizeOver = on[int]{
		word: "size_over", call: "OnSizeOver", want: "a number of bytes",
		doc: "Requests whose body is longer, after decompression.",
		match: func(n int) func(*call) bool {
			return natural(n, func(c *call) bool { return c.size() > n })
		},
	}
	onSizeUnder = on[int]{
		word: "size_under", call: "OnSizeUnder", want: "a number of bytes",
		doc: "Requests whose body is shorter, after decompression.",
		match: func(n int) func(*call) bool {
			return natural(n, func(c *call) bool { return c.size() < n })
		},
	}
	onLevel = on[string]{
		word: "level", call: "OnLevel", oneOf: []string{"debug", "info", "warning", "error", "fatal"},
		doc: "Requests with an event of this level.",
		match: func(level string) func(*call) bool {
			return onEvents(func(e Event) bool { return e.Level == level })
		},
	}
	onItem = on[string]{
		word: "item", call: "OnItem",
		doc: "Envelopes with an item of this type, such as session.",
		match: func(itemType string) func(*call) bool {
			return func(c *call) bool { return slices.Contains(c.items(), itemType) }
		},
	}
	onCategory = on[string]{
		word: "category", call: "OnCategory", oneOf: categories(),
		doc: "Requests with something of this data category, such as error.",
		match: func(category string) func(*call) bool {
			return func(c *call) bool {
				return slices.ContainsFunc(c.items(), func(itemType string) bool { return slices.Contains(itemCategories[itemType], category) })
			}
		},
	}
	onMessage = on[string]{
		word: "message", call: "OnMessage", want: "a regular expression",
		doc: "Requests with an event whose message matches this regular expression.",
		match: func(pattern string) func(*call) bool {
			if _, err := regexp.Compile(pattern); err != nil {
				return nil
			}
			matching := []Predicate{HasMessageMatching(pattern)}
			return onEvents(func(e Event) bool { return matchesAll(e, matching) })
		},
	}
	onEndpoint = on[string]{
		word: "endpoint", call: "OnEndpoint", known: stageRead, oneOf: slices.Sorted(maps.Keys(wire.Protocols)),
		doc: "Requests to this endpoint.",
		match: func(endpoint string) func(*call) bool {
			return func(c *call) bool { return c.server.route(c.req.Path).Protocol == endpoint }
		},
	}
	onPath = on[string]{
		word: "path", call: "OnPath", known: stageRead, want: "a path in which * stands for anything but a slash",
		doc: "Requests to this path; * is anything but a slash.",
		match: func(pattern string) func(*call) bool {
			pattern = trimPath(pattern)
			if _, err := path.Match(pattern, ""); err != nil {
				return nil
			}
			return func(c *call) bool {
				ok, _ := path.Match(pattern, trimPath(c.req.Path))
				return ok
			}
		},
	}
	onAttempt = on[int]{
		word: wordAttempt, call: "OnAttempt", want: "1 for the first attempt, and so on",
		doc: "This attempt to deliver an event, told by its id; 1 is the first.",
		match: func(n int) func(*call) bool {
			return natural(n-1, func(c *call) bool { return c.eventID != "" && c.attempt == n })
		},
	}
)

const wordAttempt = "attempt"

func natural(n int, match func(*call) bool) func(*call) bool {
	if n < 0 {
		return nil
	}
	return match
}

func onEvents(is func(Event) bool) func(*call) bool {
	return func(c *call) bool { return slices.ContainsFunc(c.events(), is) }
}

// with returns the condition for a value. Its match is nil when the value is not
// allowed.
func (o on[T]) with(v T) Condition {
	c := Condition{text: fmt.Sprintf("%s(%#v)", o.call, v), word: o.word, value: v, known: o.known}
	if o.oneOf == nil || slices.Contains(o.oneOf, fmt.Sprint(v)) {
		c.match = o.match(v)
	}
	return c
}

func (o on[T]) must(v T) Condition {
	c := o.with(v)
	if c.match == nil {
		want := o.want
		if o.oneOf != nil {
			want = choice(o.oneOf)
		}
		panic(fmt.Sprintf("sentrytest: %s is not allowed, want %s", c, want))
	}
	return c
}

// OnSizeOver is met by requests whose body has more than n bytes after its
// Content-Encoding has been undone, or as sent if that failed. A negative n
// panics.
func OnSizeOver(n int) Condition { return onSizeOver.must(n) }

// OnSizeUnder is met by requests whose body has less than n bytes, counted as by
// [OnSizeOver]. A negative n panics.
func OnSizeUnder(n int) Condition { return onSizeUnder.must(n) }

// OnLevel is met by requests with an event of the given level: debug, info,
// warning, error or fatal. Any other panics.
func OnLevel[S ~string](level S) Condition { return onLevel.must(string(level)) }

// OnItem is met by envelopes that have an item of the given type, such as
// "session" or "check_in". A request to the store endpoint counts as an item of
// type "event" or "transaction", a report of a browser as "raw_security".
func OnItem(itemType string) Condition { return onItem.must(itemType) }

// OnCategory is met by requests with something of the given data category, the
// unit of rate limits, such as "error", "transaction" or "attachment". A category
// that nothing has panics.
func OnCategory(category string) Condition { return onCategory.must(category) }

// OnMessage is met by requests with an event whose message matches the regular
// expression; see [HasMessageMatching]. A malformed one panics.
func OnMessage(pattern string) Condition { return onMessage.must(pattern) }

// OnEvent is met by requests with an event that meets all of the predicates.
func OnEvent(preds ...Predicate) Condition {
	return Condition{
		text:  fmt.Sprintf("OnEvent(%s)", describe(preds)),
		match: onEvents(func(e Event) bool { return matchesAll(e, preds) }),
	}
}

// OnEndpoint is met by requests to the given endpoint: "store", "envelope",
// "security" or "minidump". Any other panics.
func OnEndpoint(endpoint string) Condition { return onEndpoint.must(endpoint) }

// OnPath is met by requests whose path fits the pattern, in which "*" stands for
// anything but a slash, as in "/api/42/*". A slash at the end makes no difference.
// A malformed pattern panics; see [path.Match].
func OnPath(pattern string) Condition { return onPath.must(pattern) }

func trimPath(p string) string { return strings.TrimRight(p, "/") }

// OnAttempt is met by requests that bring an event id for the nth time, 1 being
// the first. Requests are counted from the moment in which the server has a fault
// that asks, whatever they are answered with. Requests without an event id never
// meet it. An n below 1 panics.
func OnAttempt(n int) Condition { return onAttempt.must(n) }

func (c *call) size() int {
	if c.req.Decoded != "" {
		return len(c.req.Decoded)
	}
	return len(c.req.Body)
}

// events returns the events of a request that is not on record yet.
func (c *call) events() []Event {
	var out []Event
	for _, stored := range c.verdict.events {
		e := normalize(stored.object)
		e.EventID = stored.id
		out = append(out, e)
	}
	return out
}

func (c *call) items() []string {
	if c.verdict.envelope == nil {
		switch {
		case len(c.verdict.traces) > 0:
			return []string{wire.ItemTransaction}
		case len(c.verdict.events) > 0 && c.req.Protocol == wire.ProtocolSecurity:
			return []string{"raw_security"}
		case len(c.verdict.events) > 0:
			return []string{wire.ItemEvent}
		}
		return nil
	}
	var types []string
	for _, item := range c.verdict.envelope.Items {
		types = append(types, item.Type)
	}
	return types
}

// categories returns the categories that something can have.
func categories() []string {
	all := slices.Concat(slices.Collect(maps.Values(itemCategories))...)
	slices.Sort(all)
	return slices.Compact(all)
}

// itemCategories maps item types to the categories that rate limits know them by.
var itemCategories = map[string][]string{
	"event":            {"error"},
	"nel":              {"error"},
	"unreal_report":    {"error"},
	"security":         {"security"},
	"raw_security":     {"security"},
	"transaction":      {"transaction"},
	"attachment":       {"attachment", "attachment_item"},
	"session":          {"session"},
	"sessions":         {"session"},
	"statsd":           {"metric_bucket"},
	"metric_buckets":   {"metric_bucket"},
	"user_report":      {"feedback"},
	"feedback":         {"feedback"},
	"client_report":    {"internal"},
	"replay_event":     {"replay"},
	"replay_recording": {"replay"},
	"replay_video":     {"replay"},
	"profile":          {"profile"},
	"profile_chunk":    {"profile_chunk"},
	"profile_chunk_ui": {"profile_chunk_ui"},
	"check_in":         {"monitor"},
	"log":              {"log_item", "log_byte"},
	"trace_metric":     {"trace_metric", "trace_metric_byte"},
	"span":             {"span"},
}
