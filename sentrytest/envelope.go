package sentrytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// Envelope is a parsed envelope (protocol section 4). Its zero value has no header and no items.
type Envelope struct {
	EventID string                     // 32 hexadecimal digits; "" when the header has none
	DSN     string                     // "" when the header has none
	SDK     SDK                        // zero when the header has none
	SentAt  time.Time                  // zero when the header has none
	Header  map[string]json.RawMessage // every attribute of the header, known or not
	Items   []Item                     // in the order of the envelope, unknown types included
	Raw     []byte                     // the envelope as it was parsed; nil for one that was made of a minidump upload

	// Received is the request that carried the envelope. It is zero in the result of ParseEnvelope.
	Received Request
}

// Item is one item of an envelope. Payload is kept as it came, whatever the type.
type Item struct {
	Type           string
	ContentType    string                     // "" when the header has none
	Filename       string                     // of attachments
	AttachmentType string                     // of attachments
	ItemCount      int                        // of containers such as logs; 0 when the header has none
	Header         map[string]json.RawMessage // every attribute of the header, known or not
	Payload        []byte
}

// ItemsOfType returns the items of the given type, in order, and nil when there is none.
func (e Envelope) ItemsOfType(itemType string) []Item {
	var out []Item
	for _, item := range e.Items {
		if item.Type == itemType {
			out = append(out, item)
		}
	}
	return out
}

// Clone returns a copy that shares nothing which can be modified.
func (e Envelope) Clone() Envelope {
	e.Header = cloneHeader(e.Header)
	e.SDK = e.SDK.clone()
	e.Raw = bytes.Clone(e.Raw)
	items := e.Items
	e.Items = nil
	for _, item := range items {
		item.Header = cloneHeader(item.Header)
		item.Payload = bytes.Clone(item.Payload)
		e.Items = append(e.Items, item)
	}
	e.Received = e.Received.clone()
	return e
}

func cloneHeader(h map[string]json.RawMessage) map[string]json.RawMessage {
	h = maps.Clone(h)
	for k, v := range h {
		h[k] = bytes.Clone(v)
	}
	return h
}

// EnvelopeError is why [ParseEnvelope] refused an envelope.
type EnvelopeError struct {
	Reason string // Relay's words, for example "missing newline after header or payload"
	Offset int    // where in the envelope, in bytes
	Err    error  // what is wrong with a header; nil otherwise

	envelope *Envelope // what was read up to there; nil when the envelope's own header is invalid
}

// Error returns the reason, where it applies, and the cause.
func (e *EnvelopeError) Error() string {
	text := fmt.Sprintf("sentrytest: %s at byte %d", e.Reason, e.Offset)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// causes are the texts for the answer's body.
func (e *EnvelopeError) causes() []string {
	if e.Err == nil {
		return []string{e.Reason}
	}
	return []string{e.Reason, e.Err.Error()}
}

// refusal is the answer to the request.
func (e *EnvelopeError) refusal() *refusal {
	if e.Reason == tooManyItems {
		return refuse(http.StatusRequestEntityTooLarge, "envelope exceeded size limits", fmt.Sprintf("more than %d items", maxItems))
	}
	return badRequest(invalidEnvelope, e.causes()...)
}

// Unwrap returns Err.
func (e *EnvelopeError) Unwrap() error { return e.Err }
