package sentrytest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// packed is a request as the journal keeps it: its body as it came, and what
// does not follow from that. A load test sends far more than it looks at, so
// the rest is read from the body when somebody looks. It is never modified,
// apart from whole.
type packed struct {
	head       *Request // what other requests have too; see headLocked
	body       string
	time       time.Time
	id         int
	connection int
	eventID    string // of the envelope or the event; "" when the answer names none
	rare       *rare  // nil for nearly every request
	whole      atomic.Pointer[entry]

	sized    bool // the Content-Length is the length of the body
	judged   bool // the body was complete, and is read by the rules of the server
	accepted bool // what it carries is on record
	other    bool // see Envelope.carriesOther
}

// rare is what few requests have.
type rare struct {
	answer  *Answer // nil for the usual one
	made    []string
	refused *Rejection // without its request; nil when the request was accepted
}

// packedEvent is an event or a transaction of a request.
type packedEvent struct {
	in      *packed
	place   int // among the events and transactions of the request
	id      string
	claimed atomic.Bool // by an assertion; see FailOnUnclaimed
}

// entry is everything that one request says, with what was made of it. Once it
// is recorded it is not modified, so that readers may share it.
type entry struct {
	request *Request
	judged  bool
	kept
	rejection *Rejection
}

// arrivedEvent is an event as it arrived. It is read into an Event when it is
// first asked for.
type arrivedEvent struct {
	object   jsontree.Object
	id       string
	request  *Request
	envelope *Envelope // that carried it; nil on the store endpoint
	itemType string    // the type of an event without one; "" for an error
	event    atomic.Pointer[Event]
}

// get returns the normalised event, which is shared: callers clone it.
func (e *arrivedEvent) get() Event {
	if event := e.event.Load(); event != nil {
		return *event
	}
	event := normalize(e.object)
	event.EventID = e.id
	event.Received = *e.request
	if event.SDK.Name == "" {
		event.SDK.Name, event.SDK.Version = wire.SplitClient(e.request.Client)
	}
	if event.Type == "" {
		event.Type = e.itemType
	}
	if e.envelope != nil {
		event.Attachments = e.envelope.files()
	}
	e.event.Store(&event)
	return event
}

func (e *arrivedEvent) copy() Event { return e.get().Clone() }

// all returns the events and the transactions.
func (k kept) all() []*arrivedEvent {
	if len(k.traces) == 0 {
		return k.events
	}
	return slices.Concat(k.events, k.traces)
}

// carry gives everything that came with the request a reference to it. What has
// one keeps it, since a hook may hold it.
func (e *entry) carry() {
	for _, ev := range e.all() {
		ev.request = e.request
	}
	if e.envelope != nil && e.envelope.Received.ID == 0 {
		e.envelope.Received = *e.request
	}
	if e.rejection != nil && e.rejection.Request.ID == 0 {
		e.rejection.Request = *e.request
	}
}

// pack returns what the journal keeps of the entry. sized says that the head
// lacks the Content-Length.
func (e *entry) pack(head *Request, sized bool) *packed {
	req := e.request
	p := &packed{
		head: head, body: req.Body, time: req.Time, id: req.ID, connection: req.Connection, sized: sized,
		judged: e.judged, accepted: e.envelope != nil || len(e.events)+len(e.traces) > 0,
	}
	switch {
	case e.envelope != nil:
		p.eventID, p.other = e.envelope.EventID, e.envelope.carriesOther()
	case p.accepted:
		p.eventID = e.all()[0].id
	}
	var r rare
	if !p.isUsual(req.Answer) {
		answer := req.Answer // a copy, which does not keep the request
		r.answer = &answer
	}
	if e.rejection != nil {
		r.refused = &Rejection{Status: e.rejection.Status, Reason: e.rejection.Reason, Causes: e.rejection.Causes}
	}
	if r.made = e.made; r.made != nil || r.answer != nil || r.refused != nil {
		p.rare = &r
	}
	return p
}

// isUsual reports whether an answer is the one that follows from the event id.
func (p *packed) isUsual(a Answer) bool {
	kind := a.Header["Content-Type"]
	return a.Status == http.StatusOK && a.Step == "" && len(a.Header) == 1 && len(kind) == 1 && kind[0] == jsonAnswer.Get("Content-Type") &&
		a.Body == acceptedBody(p.eventID)
}

func (p *packed) answer() Answer {
	if p.rare != nil && p.rare.answer != nil {
		return *p.rare.answer
	}
	return Answer{Status: http.StatusOK, Header: jsonAnswer, Body: acceptedBody(p.eventID)}
}

// request returns the request without its decoded body. It shares memory with
// the record.
func (p *packed) request() *Request {
	r := *p.head
	r.ID, r.Connection, r.Time, r.Body, r.Answer = p.id, p.connection, p.time, p.body, p.answer()
	if p.sized {
		r.Header = maps.Clone(r.Header)
		r.Header["Content-Length"] = []string{strconv.Itoa(len(p.body))}
	}
	return &r
}

// size returns how many bytes the decoded body has, or the body as it came.
func (e *entry) size() int { return max(len(e.request.Decoded), len(e.request.Body)) }

// refused returns the rejection without its request, nil if there is none.
func (p *packed) refused() *Rejection {
	if p.rare == nil {
		return nil
	}
	return p.rare.refused
}

// unpack reads the body again, as it was read before the answer.
func (p *packed) unpack(judge func(*verdict, *Request)) *entry {
	e := &entry{request: p.request(), judged: p.judged}
	if p.judged {
		v := verdict{status: http.StatusOK}
		if p.rare != nil {
			v.given = p.rare.made
		}
		judge(&v, e.request)
		if p.accepted {
			e.kept = v.kept
		}
	}
	if r := p.refused(); r != nil {
		copied := *r
		e.rejection = &copied
	}
	e.carry()
	return e
}

// eventsOf returns the events and the transactions of the entry of p.
func (p *packed) eventsOf(e *entry) (events, traces []*packedEvent) {
	for i, ev := range e.all() {
		one := &packedEvent{in: p, place: i, id: ev.id}
		if i < len(e.events) {
			events = append(events, one)
		} else {
			traces = append(traces, one)
		}
	}
	return events, traces
}

// sender returns who sent the request.
func (p *packed) sender() sender {
	return sender{p.id, p.head.PublicKey, p.head.ProjectID}
}

// isSized reports whether the Content-Length is the length of the body.
func (r *Request) isSized() bool {
	var digits [20]byte
	length := r.Header["Content-Length"]
	return len(length) == 1 && length[0] == string(strconv.AppendInt(digits[:0], int64(len(r.Body)), 10))
}

// sameHead reports whether a is the head of b. sized says that b has a
// Content-Length and a must not.
func sameHead(a, b *Request, sized bool) bool {
	if a.Method != b.Method || a.Path != b.Path || a.Query != b.Query || a.Host != b.Host || a.Proto != b.Proto || a.TLS != b.TLS ||
		a.Protocol != b.Protocol || a.ProjectID != b.ProjectID || a.PublicKey != b.PublicKey || a.SecretKey != b.SecretKey ||
		a.Client != b.Client || a.Version != b.Version || a.AuthSource != b.AuthSource || a.ContentEncoding != b.ContentEncoding {
		return false
	}
	if (a.Auth == nil) != (b.Auth == nil) || (a.Header == nil) != (b.Header == nil) || !maps.Equal(a.Auth, b.Auth) {
		return false
	}
	fields := len(b.Header)
	if sized {
		fields--
	}
	if len(a.Header) != fields {
		return false
	}
	for key, values := range a.Header {
		if other, ok := b.Header[key]; !ok || !slices.Equal(values, other) || sized && key == "Content-Length" {
			return false
		}
	}
	return true
}

// maxHeads limits the heads that new requests are compared with.
const maxHeads = 8

// headLocked returns what a request has in common with others of its client:
// an earlier head if it is the same. sized says that it lacks a Content-Length
// that follows from the body.
func (j *journal) headLocked(r *Request) (shared *Request, sized bool) {
	sized = r.isSized()
	for i, h := range j.heads {
		if sameHead(h, r, sized) {
			copy(j.heads[1:i+1], j.heads[:i])
			j.heads[0] = h
			return h, sized
		}
	}
	head := *r
	head.ID, head.Connection, head.Time, head.Body, head.Decoded, head.Answer = 0, 0, time.Time{}, "", "", Answer{}
	if sized {
		head.Header = maps.Clone(head.Header)
		delete(head.Header, "Content-Length")
	}
	if len(j.heads) < maxHeads {
		j.heads = append(j.heads, nil)
	}
	copy(j.heads[1:], j.heads)
	j.heads[0] = &head
	return &head, sized
}

// carriesOther reports whether the envelope has an id that belongs to items of
// other types than events and transactions, such as feedback.
func (e *Envelope) carriesOther() bool {
	isEvent := func(item Item) bool { return item.Type == wire.ItemEvent || item.Type == wire.ItemTransaction }
	return e.EventID != "" && !slices.ContainsFunc(e.Items, isEvent)
}

// acceptedBody is the body of the answer to an accepted request.
func acceptedBody(id string) string {
	if id == "" {
		return "{}"
	}
	return `{"id":"` + id + `"}`
}
