package sentrytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/deepcopy"
	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Envelope is a parsed envelope. Its zero value has no header and no items.
type Envelope struct {
	EventID string                     // 32 hexadecimal digits; "" when the header has none
	DSN     string                     // "" when the header has none
	SDK     SDK                        // zero when the header has none
	SentAt  time.Time                  // zero when the header has none
	Header  map[string]json.RawMessage // every attribute of the header, known or not
	Items   []Item                     // in the order of the envelope, unknown types included
	Raw     []byte                     // the envelope as it was parsed; nil if it was made of a minidump upload

	// Received is the request that carried the envelope. It is zero in the
	// result of ParseEnvelope.
	Received Request
}

// Item is one item of an envelope. Payload is kept as it came, whatever the
// type.
type Item struct {
	Type           string
	ContentType    string                     // "" when the header has none
	Filename       string                     // of attachments
	AttachmentType string                     // of attachments
	ItemCount      int                        // of containers such as logs; 0 when the header has none
	Header         map[string]json.RawMessage // every attribute of the header, known or not
	Payload        []byte
}

// ParseEnvelope reads an envelope as strictly as Relay does: see
// docs/protocol.md, "Envelopes". It does not read payloads, and keeps unknown
// item types. A malformed envelope is an [*EnvelopeError]. The result does not
// share memory with raw.
func ParseEnvelope(raw []byte) (Envelope, error) {
	e, _, defect := parseEnvelope(bytes.Clone(raw), wire.Grammar{})
	if defect != nil {
		return Envelope{}, &EnvelopeError{Reason: defect.Reason, Offset: defect.Offset, Err: defect.Err}
	}
	return *e, nil
}

// parseEnvelope is ParseEnvelope without a copy: the envelope owns raw from now
// on. With a defect it returns what precedes it: no envelope if its own header
// is invalid.
func parseEnvelope(raw []byte, g wire.Grammar) (*Envelope, wire.Header, *wire.Defect) {
	p := wire.NewParser(raw, g)
	header, defect := p.Header()
	if defect != nil {
		return nil, header, defect
	}
	e := &Envelope{
		EventID: header.EventID, DSN: header.DSN, SDK: readSDK(header.Fields["sdk"]), SentAt: header.SentAt,
		Header: header.Fields, Raw: raw,
	}
	for {
		item, defect := p.Next()
		if item == nil {
			return e, header, defect
		}
		e.Items = append(e.Items, Item(*item))
	}
}

// ItemsOfType returns the items of the given type, in order, and nil when there
// is none.
func (e Envelope) ItemsOfType(itemType string) []Item {
	var out []Item
	for _, item := range e.Items {
		if item.Type == itemType {
			out = append(out, item)
		}
	}
	return out
}

// readItems reads the items of the given types, in their order. read returns
// what one item holds.
func readItems[T any](e Envelope, read func(Item, Envelope) []T, itemTypes ...string) []T {
	var out []T
	for _, item := range e.Items {
		if slices.Contains(itemTypes, item.Type) {
			out = append(out, read(item, e)...)
		}
	}
	return out
}

// Clone returns a copy that shares nothing which can be modified.
func (e Envelope) Clone() Envelope { return deepcopy.Of(e) }

// EnvelopeError is why [ParseEnvelope] refused an envelope.
type EnvelopeError struct {
	Reason string // Relay's words, for example "missing newline after header or payload"
	Offset int    // where in the envelope, in bytes
	Err    error  // what is wrong with a header; nil otherwise
}

// Error returns the reason, the offset and the cause.
func (e *EnvelopeError) Error() string {
	text := fmt.Sprintf("sentrytest: %s at byte %d", e.Reason, e.Offset)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *EnvelopeError) Unwrap() error { return e.Err }

// Events returns the events of the envelope, in their order. They have the
// envelope's id if there is one, and its attachments. Items that are no JSON
// object are left out: see [Envelope.Findings].
func (e Envelope) Events() []Event { return e.eventsOf(wire.ItemEvent, "") }

// Transactions returns the transactions of the envelope, as [Envelope.Events]
// does the events.
func (e Envelope) Transactions() []Event {
	return e.eventsOf(wire.ItemTransaction, wire.ItemTransaction)
}

func (e Envelope) eventsOf(itemType, eventType string) []Event {
	received := e.Received.clone()
	var out []Event
	for _, item := range e.ItemsOfType(itemType) {
		object, err := jsontree.ParseObject(item.Payload)
		if err != nil {
			continue
		}
		object = object.Clone()
		own, _ := eventid.Normalize(object.TextAt("event_id"))
		stored := arrivedEvent{object: object, id: cmp.Or(e.EventID, own), request: &received, envelope: &e, itemType: eventType}
		out = append(out, stored.copy())
	}
	return out
}
