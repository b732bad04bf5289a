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

// Condition selects requests for a [Fault]. The functions named On make one.
// Conditions are values. The zero value is met by every request. Safe for
// concurrent use.
type Condition struct {
	text  string
	word  string // its name where a fault is text; "" if it has no text
	value any    // its value there
	known stage  // the earliest stage at which it is known
	match func(*call) bool
}

// call is what is known of a request or a connection when a step is chosen.
type call struct {
	server  *Server
	req     *Request // nil for a connection
	verdict *verdict // nil before the body is read
	eventID string
	attempt int // how often the event id arrived, this time included; 0 if no fault asks
}

// String returns the condition as Go code.
func (c Condition) String() string {
	if c.text == "" {
		return "Condition{}"
	}
	return c.text
}

// on is a kind of condition, in Go and as text.
type on[T string | int] struct {
	word, call string
	known      stage
	oneOf      []string     // the values that are allowed; nil leaves that to least and valid
	least      int          // the smallest number
	valid      func(T) bool // nil for any
	want       string       // what is allowed, if oneOf does not say it
	match      func(*call, T) bool
}

var (
	onSizeOver  = on[int]{word: "size_over", call: "OnSizeOver", want: "a number of bytes", match: func(c *call, n int) bool { return c.size() > n }}
	onSizeUnder = on[int]{word: "size_under", call: "OnSizeUnder", want: "a number of bytes", match: func(c *call, n int) bool { return c.size() < n }}
	onAttempt   = on[int]{
		word: wordAttempt, call: "OnAttempt", least: 1, want: "1 for the first attempt, and so on",
		match: func(c *call, n int) bool { return c.eventID != "" && c.attempt == n },
	}
	onLevel = on[string]{
		word: "level", call: "OnLevel", oneOf: []string{"debug", "info", "warning", "error", "fatal"},
		match: func(c *call, level string) bool { return c.hasEvent(func(e Event) bool { return e.Level == level }) },
	}
	onMessage = on[string]{
		word: "message", call: "OnMessage", want: "a regular expression",
		valid: func(pattern string) bool { _, err := regexp.Compile(pattern); return err == nil },
		match: func(c *call, pattern string) bool { return OnEvent(HasMessageMatching(pattern)).match(c) },
	}
	onItem     = on[string]{word: "item", call: "OnItem", match: func(c *call, itemType string) bool { return slices.Contains(c.items(), itemType) }}
	onCategory = on[string]{
		word: "category", call: "OnCategory", oneOf: categories(),
		match: func(c *call, category string) bool {
			return slices.ContainsFunc(c.items(), func(itemType string) bool { return slices.Contains(itemCategories[itemType], category) })
		},
	}
	onEndpoint = on[string]{
		word: "endpoint", call: "OnEndpoint", known: stageRead, oneOf: slices.Sorted(maps.Keys(wire.Protocols)),
		match: func(c *call, endpoint string) bool { return c.server.route(c.req.Path).Protocol == endpoint },
	}
	onPath = on[string]{
		word: "path", call: "OnPath", known: stageRead, want: "a path in which * stands for anything but a slash",
		valid: func(pattern string) bool { _, err := path.Match(trimPath(pattern), ""); return err == nil },
		match: func(c *call, pattern string) bool {
			ok, _ := path.Match(trimPath(pattern), trimPath(c.req.Path))
			return ok
		},
	}
)

const wordAttempt = "attempt"

func (o on[T]) allows(v T) bool {
	n, isNumber := any(v).(int)
	return (o.oneOf == nil || slices.Contains(o.oneOf, fmt.Sprint(v))) && (!isNumber || n >= o.least) && (o.valid == nil || o.valid(v))
}

func (o on[T]) with(v T) Condition {
	return Condition{
		text: fmt.Sprintf("%s(%#v)", o.call, v), word: o.word, value: v, known: o.known,
		match: func(c *call) bool { return o.match(c, v) },
	}
}

// must is with for values from Go.
func (o on[T]) must(v T) Condition {
	c := o.with(v)
	if !o.allows(v) {
		panic(fmt.Sprintf("sentrytest: %s is not allowed, want %s", c, choice(o.oneOf, o.want)))
	}
	return c
}

// The table of docs/fakesentry.md has the first sentence of each comment below.

// OnSizeOver is met by requests whose body has more than n bytes after
// decompression, or as sent if that failed. A negative n panics.
func OnSizeOver(n int) Condition { return onSizeOver.must(n) }

// OnSizeUnder is met by requests whose body has fewer than n bytes after
// decompression, or as sent if that failed. A negative n panics.
func OnSizeUnder(n int) Condition { return onSizeUnder.must(n) }

// OnLevel is met by requests with an event of the given level. It is debug,
// info, warning, error or fatal; any other panics.
func OnLevel[S ~string](level S) Condition { return onLevel.must(string(level)) }

// OnItem is met by envelopes with an item of the given type, such as "session".
// A request to the store endpoint counts as an item of type "event" or
// "transaction", a report of a browser as "raw_security".
func OnItem(itemType string) Condition { return onItem.must(itemType) }

// OnCategory is met by requests with something of the given data category, such
// as "error". Categories are the units of rate limits. A category that no item
// has panics.
func OnCategory(category string) Condition { return onCategory.must(category) }

// OnMessage is met by requests with an event whose message matches the regular
// expression. A malformed one panics. See [HasMessageMatching].
func OnMessage(pattern string) Condition { return onMessage.must(pattern) }

// OnEvent is met by requests with an event that meets all of the predicates.
func OnEvent(preds ...Predicate) Condition {
	return Condition{
		text:  fmt.Sprintf("OnEvent(%s)", describe(preds)),
		match: func(c *call) bool { return c.hasEvent(func(e Event) bool { return matchesAll(e, preds) }) },
	}
}

// OnEndpoint is met by requests to the given endpoint. It is "store",
// "envelope", "security" or "minidump"; any other panics.
func OnEndpoint(endpoint string) Condition { return onEndpoint.must(endpoint) }

// OnPath is met by requests whose path fits the pattern, in which * stands for
// anything but a slash. An example is "/api/42/*". A slash at the end makes no
// difference. A malformed pattern panics; see [path.Match].
func OnPath(pattern string) Condition { return onPath.must(pattern) }

// OnAttempt is met by requests that bring an event id for the nth time. 1 is
// the first; a smaller n panics. Counting starts when the server gets a fault
// with this condition, and includes requests with any answer. Requests without
// an event id never meet it.
func OnAttempt(n int) Condition { return onAttempt.must(n) }

func trimPath(p string) string { return strings.TrimRight(p, "/") }

func (c *call) size() int {
	if c.req.Decoded != "" {
		return len(c.req.Decoded)
	}
	return len(c.req.Body)
}

func (c *call) hasEvent(is func(Event) bool) bool { return slices.ContainsFunc(c.events(), is) }

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

// categories returns the categories of itemCategories.
func categories() []string {
	all := slices.Concat(slices.Collect(maps.Values(itemCategories))...)
	slices.Sort(all)
	return slices.Compact(all)
}

// itemCategories maps item types to their categories in rate limits: see
// docs/protocol.md, "Rate limits".
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
