package sentrytest

import (
	"cmp"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// Events returns the events of the envelope, in their order. The envelope's id wins over theirs, and they have its
// attachments. What is no JSON object is left out; [Envelope.Findings] names it.
func (e Envelope) Events() []Event { return e.eventsOf(itemEvent, "") }

// Transactions returns the transactions of the envelope, as [Envelope.Events] does the events.
func (e Envelope) Transactions() []Event { return e.eventsOf(itemTransaction, itemTransaction) }

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
		stored := storedEvent{object: object, id: cmp.Or(e.EventID, own), request: &received, envelope: &e, itemType: eventType}
		out = append(out, stored.copy())
	}
	return out
}
