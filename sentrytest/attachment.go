package sentrytest

import (
	"cmp"

	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Attachment is a file that came with an event, or without one.
type Attachment struct {
	Filename    string // "" when its item has none
	ContentType string // "" when its item has none
	Type        string // "event.attachment" unless its item says otherwise, for example "event.minidump"
	Data        string // the bytes; a string, so that it can be shared
	EventID     string // of the envelope; "" when it has none

	Received Request // zero in Event.Attachments and for an envelope of ParseEnvelope
}

// Attachments returns the attachments of the envelope, in their order.
func (e Envelope) Attachments() []Attachment {
	files := e.files()
	for i := range files {
		files[i].Received = e.Received.clone()
	}
	return files
}

func (e Envelope) files() []Attachment {
	var out []Attachment
	for _, item := range e.Items {
		if item.Type == wire.ItemAttachment {
			out = append(out, Attachment{
				Filename: item.Filename, ContentType: item.ContentType, Type: cmp.Or(item.AttachmentType, wire.AttachmentPlain),
				Data: string(item.Payload), EventID: e.EventID,
			})
		}
	}
	return out
}
