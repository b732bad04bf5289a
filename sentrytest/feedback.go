package sentrytest

import (
	"bytes"
	"encoding/json"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Feedback is what a user wrote: an item of type "feedback", or of the older
// type "user_report".
type Feedback struct {
	ItemType     string // feedback or user_report
	EventID      string // of the feedback itself; "" in a user report, which has none
	Message      string // in a user report its comments
	Name         string
	ContactEmail string
	URL          string
	ReplayID     string
	Source       string
	// AssociatedEventID is the event that the feedback is about; "" when
	// absent.
	AssociatedEventID string

	Findings []Finding       // what is wrong with the item, most severe first
	Raw      json.RawMessage // the payload of the item
	Received Request         // zero for an envelope of ParseEnvelope
}

// Feedback returns the feedback and the user reports of the envelope, in their
// order. An unreadable item is a Feedback with findings only.
func (e Envelope) Feedback() []Feedback {
	return readItems(e, readFeedback, wire.ItemFeedback, wire.ItemUserReport)
}

func readFeedback(item Item, e Envelope) []Feedback {
	p := lint.ReadPayload(item.Payload)
	var one Feedback
	if item.Type == wire.ItemUserReport {
		one = readUserReport(p)
	} else {
		f := p.Sub("contexts").Sub("feedback")
		one = Feedback{
			EventID: e.EventID, Message: f.Text("message"), Name: f.Text("name"), ContactEmail: f.Text("contact_email"), URL: f.Text("url"),
			ReplayID: f.Text("replay_id"), Source: f.Text("source"), AssociatedEventID: f.Text("associated_event_id"),
		}
		p.Needs("contexts.feedback.message")
	}
	one.ItemType, one.Raw, one.Received = item.Type, bytes.Clone(item.Payload), e.Received.clone()
	one.Findings = sorted(p.Findings())
	if item.Type == wire.ItemFeedback && p.Readable() {
		one.Findings = append(one.Findings, validateEvent(item.Payload, lint.Context{Envelope: true, ItemType: wire.ItemFeedback})...)
		one.Findings = sortFindings(one.Findings, 0)
	}
	return []Feedback{one}
}

func readUserReport(p *lint.Payload) Feedback {
	one := Feedback{Message: p.Text("comments"), Name: p.Text("name"), ContactEmail: p.Text("email")}
	p.Needs("event_id")
	one.AssociatedEventID = normalizedID(p, "event_id", p.Text("event_id"))
	p.Deprecated("deprecated: items of type feedback are its successor")
	return one
}
