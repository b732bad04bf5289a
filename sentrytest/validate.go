package sentrytest

import (
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Validate looks at the JSON of one event as a real server does: with the limits and forms of protocol section 5 and
// the rules for transactions of section 7. It returns what it finds, the gravest first, and nil for an event that a
// server keeps as it is. Times are not compared with a clock; [Event.Findings] of an event that a server received is.
func Validate(raw []byte) []Finding {
	return validateEvent(raw, lint.Context{})
}

// Findings is [Validate] of the event's JSON. An event that a server received is also held against the time of its
// arrival, and its id may stand in its envelope alone. It is computed at each call.
func (e Event) Findings() []Finding {
	about := contextOf(e.Received)
	about.ItemType = e.Type
	return validateEvent(e.Raw, about)
}

func contextOf(r Request) lint.Context {
	return lint.Context{
		Received: r.Time, Envelope: r.Protocol == wire.ProtocolEnvelope,
		Made: r.Protocol == wire.ProtocolSecurity || r.Protocol == wire.ProtocolMinidump,
	}
}

func validateEvent(raw []byte, about lint.Context) []Finding {
	about.MaxSize = MaxEventSize
	return sorted(lint.Event(raw, about, func(fields map[string]any) []lenient.Problem {
		_, problems := readEvent(fields)
		return problems
	}))
}
