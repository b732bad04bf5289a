package sentrytest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Condition is what a [Rule] asks of a request. Conditions are values, made by [SizeOver] and the other functions that
// return one. The zero value is met by every request. Safe for concurrent use.
type Condition struct {
	text   string
	known  stage // the earliest stage at which it can be told
	counts bool  // it looks at attempts
	match  func(*call) bool
}

// call is what a request, or a connection, shows of itself when a step is looked for.
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

// SizeOver is met by requests whose body has more than n bytes after its Content-Encoding has been undone, or as sent if
// that failed.
func SizeOver(n int) Condition {
	return Condition{text: fmt.Sprintf("SizeOver(%d)", n), match: func(c *call) bool { return c.size() > n }}
}

// SizeUnder is met by requests whose body has less than n bytes, counted as by [SizeOver].
func SizeUnder(n int) Condition {
	return Condition{text: fmt.Sprintf("SizeUnder(%d)", n), match: func(c *call) bool { return c.size() < n }}
}

// WithLevel is met by requests with an event of the given level: debug, info, warning, error or fatal.
func WithLevel[S ~string](level S) Condition {
	return Condition{text: fmt.Sprintf("WithLevel(%q)", level), match: func(c *call) bool {
		return slices.ContainsFunc(c.events(), func(e Event) bool { return e.Level == string(level) })
	}}
}

// WithItem is met by envelopes that have an item of the given type, such as "session" or "check_in". A request to the
// store endpoint counts as an item of type "event" or "transaction", a report of a browser as "raw_security".
func WithItem(itemType string) Condition {
	return Condition{text: fmt.Sprintf("WithItem(%q)", itemType), match: func(c *call) bool {
		return slices.Contains(c.items(), itemType)
	}}
}

// WithCategory is met by requests with something of the given category, the unit of rate limits,
// such as "error", "transaction" or "attachment".
func WithCategory(category string) Condition {
	return Condition{text: fmt.Sprintf("WithCategory(%q)", category), match: func(c *call) bool {
		return slices.ContainsFunc(c.items(), func(itemType string) bool {
			return slices.Contains(itemCategories[itemType], category)
		})
	}}
}

// WithEvent is met by requests with an event that meets all of the predicates.
func WithEvent(preds ...Predicate) Condition {
	return Condition{text: fmt.Sprintf("WithEvent(%s)", describe(preds)), match: func(c *call) bool {
		return slices.ContainsFunc(c.events(), func(e Event) bool { return matchesAll(e, preds) })
	}}
}

// OnEndpoint is met by requests to the given endpoint: "store", "envelope", "security" or "minidump".
func OnEndpoint(endpoint string) Condition {
	return Condition{text: fmt.Sprintf("OnEndpoint(%q)", endpoint), known: stageRead, match: func(c *call) bool {
		return c.server.route(c.req.Path).Protocol == endpoint
	}}
}

// OnPath is met by requests whose path fits the pattern, in which "*" stands for anything but a slash, as in
// "/api/42/*". A slash at the end makes no difference. A malformed pattern panics; see [path.Match].
func OnPath(pattern string) Condition {
	trimmed := trimPath(pattern)
	if _, err := path.Match(trimmed, ""); err != nil {
		panic(fmt.Sprintf("sentrytest: OnPath(%q): %v", pattern, err))
	}
	return Condition{text: fmt.Sprintf("OnPath(%q)", pattern), known: stageRead, match: func(c *call) bool {
		ok, _ := path.Match(trimmed, trimPath(c.req.Path))
		return ok
	}}
}

func trimPath(p string) string { return strings.TrimRight(p, "/") }

// OnAttempt is met by requests that bring an event id for the nth time, 1 being the first. Requests are counted from the
// moment in which the server has a rule that asks, whatever they are answered with. Requests without an event id never
// meet it. An n below 1 panics.
func OnAttempt(n int) Condition {
	if n < 1 {
		panic(fmt.Sprintf("sentrytest: OnAttempt(%d) never comes: the first attempt is 1", n))
	}
	return Condition{text: fmt.Sprintf("OnAttempt(%d)", n), counts: true, match: func(c *call) bool {
		return c.eventID != "" && c.attempt == n
	}}
}

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
