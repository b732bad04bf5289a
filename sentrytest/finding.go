package sentrytest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Severity says what a real server does because of a [Finding].
type Severity int

const (
	// SeverityInfo is a matter of style: a deprecated form that works, an
	// attribute that only the documentation requires, or a change that a server
	// makes without an annotation.
	SeverityInfo Severity = iota
	// SeverityWarning is a change that a server makes and annotates: it drops,
	// cuts or replaces a value, or drops an unknown attribute.
	SeverityWarning
	// SeverityFatal loses the whole thing: the server refuses it, or accepts it
	// and drops it later, as it does with transactions, sessions, check-ins,
	// logs and metrics that break their rules.
	SeverityFatal
)

// String returns info, warning or fatal.
func (s Severity) String() string {
	switch s {
	case SeverityInfo:
		return "info"
	case SeverityWarning:
		return "warning"
	case SeverityFatal:
		return "fatal"
	}
	return fmt.Sprintf("Severity(%d)", int(s))
}

// MarshalText makes a severity its name in JSON. It never fails.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes. Any other word is an error.
func (s *Severity) UnmarshalText(text []byte) error {
	for known := SeverityInfo; known <= SeverityFatal; known++ {
		if string(text) == known.String() {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("sentrytest: %q is no severity: it is one of info, warning, fatal", text)
}

// What a [Finding] is about. The first group are the names that Sentry itself
// gives to errors of an event.
const (
	RuleInvalidData      = "invalid_data"      // a value of the wrong type or form; the server drops it
	RuleMissingAttribute = "missing_attribute" // a required attribute is missing
	RuleInvalidAttribute = "invalid_attribute" // an unknown attribute; the server drops it, silently if it is deep inside
	RuleValueTooLong     = "value_too_long"    // a value that is dropped for its length
	RulePastTimestamp    = "past_timestamp"    // a time too long ago; the server replaces it
	RuleFutureTimestamp  = "future_timestamp"  // a time too far ahead; the server replaces it

	RuleTruncated   = "truncated"        // a value that the server cuts
	RuleDropped     = "dropped"          // an attribute that the server removes silently
	RuleDeprecated  = "deprecated"       // an old name or form
	RuleTransaction = "transaction"      // the server drops the whole transaction
	RuleItem        = "item"             // the server drops the whole item
	RuleEnvelope    = "envelope"         // the server refuses the whole envelope
	RuleJSON        = "json"             // not a JSON object
	RuleSizeLimit   = "size_limit"       // more or larger than a request may carry
	RuleUnknownItem = "unknown_item"     // an item type that the protocol does not know
	RuleMore        = "further_findings" // stands for the rest when there are too many to list
)

// Finding is one difference between what was sent and what the protocol asks
// for.
type Finding struct {
	Severity Severity `json:"severity"`
	Path     string   `json:"path"`            // keys and indexes joined by dots, as in "exception.values.0.type"; "" for the whole
	Rule     string   `json:"rule"`            // one of the Rule constants
	Value    string   `json:"value,omitempty"` // as JSON, cut after some 200 bytes; "" when there is none
	Message  string   `json:"message"`         // for people, in the words of the server where they are known
}

// String returns the finding on one line, for example
// `warning: level="WARNING": expected a level [invalid_data]`.
func (f Finding) String() string {
	path := texts.OneLine(f.Path)
	if path == "" {
		path = "(whole)"
	}
	if f.Value != "" {
		path += "=" + texts.OneLine(texts.Shorten(f.Value, 60))
	}
	return fmt.Sprintf("%s: %s: %s [%s]", f.Severity, path, texts.OneLine(f.Message), f.Rule)
}

// sorted returns the findings, most severe first and otherwise in the order in
// which they were found.
func sorted(f *lint.List) []Finding { return sortFindings(findingsOf(f), f.More) }

func findingsOf(f *lint.List) []Finding {
	var list []Finding
	for _, one := range f.Found {
		list = append(list, Finding{Severity(one.Severity), one.Path, one.Rule, one.Value, one.Message})
	}
	return list
}

// sortFindings sorts a list, limits it, and adds how many are left out: those
// beyond the limit and more.
func sortFindings(list []Finding, more int) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	if beyond := len(list) - lint.Max; beyond > 0 {
		list, more = list[:lint.Max], more+beyond
	}
	if more > 0 {
		list = append(list, Finding{SeverityInfo, "", RuleMore, "", fmt.Sprintf("%s left out", texts.Count(more, "further finding"))})
	}
	return list
}

// below puts a path before the paths of findings.
func below(path string, list []Finding) []Finding {
	for i := range list {
		if list[i].Path == "" {
			list[i].Path = path
		} else if path != "" {
			list[i].Path = path + "." + list[i].Path
		}
	}
	return list
}
