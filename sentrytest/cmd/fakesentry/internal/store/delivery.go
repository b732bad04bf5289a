package store

import (
	"cmp"
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Delivery is one request and its result.
type Delivery struct {
	Seq       int64 // its number in the order of arrival; events share the sequence
	Request   sentrytest.Request
	Rejection *sentrytest.Rejection // nil unless it was refused; its Request is empty, see the field above
	Events    []*Event              // the events in it; empty for refusals, sessions, client reports, …
	Items     []wire.Item           // of its envelope, without payloads; nil without an envelope

	losses map[loss]int // losses in the client reports of its envelope

	made string // the envelope that was made of an upload; "" if the request had one or has none
	size int64
}

// Faulted reports whether a fault made the answer.
func (d *Delivery) Faulted() bool { return d.Request.Answer.Step != "" }

// Envelope returns the envelope of the delivery. It returns false if there is
// none or the request was refused. The envelope of a minidump was made of the
// upload, and has no Raw.
func (d *Delivery) Envelope() (sentrytest.Envelope, bool) {
	if d.Items == nil {
		return sentrytest.Envelope{}, false
	}
	e, err := sentrytest.ParseEnvelope([]byte(cmp.Or(d.made, d.Request.Decoded)))
	if err != nil {
		return sentrytest.Envelope{}, false // it parsed on arrival
	}
	if d.made != "" {
		e.Raw = nil
	}
	e.Received = d.Request
	return e, true
}

// Attachment is the type of items that are files.
const Attachment = "attachment"

// Attachment returns the file with the index among the items of the envelope.
// It returns false if there is none.
func (d *Delivery) Attachment(index string) (sentrytest.Item, bool) {
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(d.Items) || d.Items[i].Type != Attachment {
		return sentrytest.Item{}, false
	}
	e, ok := d.Envelope()
	if !ok {
		return sentrytest.Item{}, false
	}
	return e.Items[i], true
}

// envelopeText encodes an envelope that was made of an upload. It adds the
// length to the header of each item.
func envelopeText(e *sentrytest.Envelope) (string, error) {
	var b strings.Builder
	line := func(header map[string]json.RawMessage) error {
		raw, err := json.Marshal(header)
		b.Write(raw)
		b.WriteByte('\n')
		return err
	}
	if err := line(e.Header); err != nil {
		return "", err
	}
	for _, item := range e.Items {
		header := maps.Clone(item.Header)
		header["length"] = json.RawMessage(strconv.Itoa(len(item.Payload)))
		if err := line(header); err != nil {
			return "", err
		}
		b.Write(item.Payload)
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// Event is the summary of an event, as the API sends it. Contents returns the
// whole event.
type Event struct {
	wire.Event
	Delivery *Delivery

	raw string
	doc *search.Document
}

// Raw returns the event's JSON as received.
func (e *Event) Raw() json.RawMessage { return json.RawMessage(e.raw) }

// Contents parses the event's JSON.
func (e *Event) Contents() sentrytest.Event {
	c, err := sentrytest.ParseEvent([]byte(e.raw))
	if err != nil {
		c = sentrytest.Event{Raw: json.RawMessage(e.raw)} // it parsed on arrival
	}
	c.EventID = e.EventID
	if c.SDK.Name == "" {
		c.SDK.Name, c.SDK.Version = e.SDK.Name, e.SDK.Version
	}
	c.Received = e.Delivery.Request
	return c
}

// Matches reports whether the event meets the query. The nil query matches all
// events.
func (e *Event) Matches(q *search.Query) bool { return q.Match(e.doc) }

// newDelivery makes a delivery of the parts of an arrival that the store keeps.
func newDelivery(a *sentrytest.Arrival) (*Delivery, error) {
	d := &Delivery{Request: a.Request}
	if a.Rejection != nil {
		r := *a.Rejection
		r.Request = sentrytest.Request{}
		d.Rejection = &r
	}
	if a.Envelope != nil {
		d.setItems(a.Envelope)
		if a.Envelope.Raw == nil {
			var err error
			if d.made, err = envelopeText(a.Envelope); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range a.Events {
		d.Events = append(d.Events, d.newEvent(c))
	}
	d.measure()
	return d, nil
}

// setItems sets the items and the losses from the envelope.
func (d *Delivery) setItems(e *sentrytest.Envelope) {
	for _, report := range e.ClientReports() {
		for _, lost := range report.Discarded {
			d.losses = addLoss(d.losses, loss{lost.Reason, lost.Category}, lost.Quantity)
		}
	}
	d.Items = make([]wire.Item, len(e.Items))
	for i, item := range e.Items {
		d.Items[i] = wire.Item{
			Type: item.Type, Filename: item.Filename, ContentType: item.ContentType, AttachmentType: item.AttachmentType, Size: len(item.Payload),
		}
	}
}

func (d *Delivery) newEvent(c sentrytest.Event) *Event {
	e := &Event{Delivery: d, raw: string(c.Raw), doc: search.NewDocument(c), Event: wire.Event{
		EventID: c.EventID, Type: cmp.Or(c.Type, "error"), Level: c.Level, Title: search.Title(c), Culprit: search.Culprit(c), Group: c.GroupingPreview().Key,
		Release: c.Release, Environment: c.Environment, Platform: c.Platform, SDK: wire.SDK{Name: c.SDK.Name, Version: c.SDK.Version},
		ProjectID: d.Request.ProjectID, PublicKey: d.Request.PublicKey, Received: d.Request.Time.UTC(),
	}}
	if at := c.Timestamp; !at.IsZero() { // a copy: &c.Timestamp would keep all of c
		e.Timestamp = &at
	}
	return e
}

// measure estimates the memory of the delivery.
func (d *Delivery) measure() {
	d.size = 2048 + int64(len(d.Request.Body)+len(d.Request.Decoded)+len(d.Request.Answer.Body)+len(d.made))
	for kind := range d.losses {
		d.size += int64(len(kind.reason) + len(kind.category) + 64)
	}
	for _, e := range d.Events {
		d.size += int64(len(e.raw) + e.doc.Size())
	}
}
