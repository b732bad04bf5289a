package sentrytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// minidumpField is the part of a multipart body that holds the minidump.
const minidumpField = "upload_file_minidump"

// minidumpItemTypes are the attachment types of the parts that have a meaning;
// all others are plain attachments.
var minidumpItemTypes = map[string]string{
	minidumpField:          wire.AttachmentMinidump,
	"view-hierarchy.json":  wire.AttachmentViewHierarchy,
	"__sentry-event":       wire.AttachmentEventPayload,
	"__sentry-breadcrumb1": wire.AttachmentBreadcrumbs, "__sentry-breadcrumb2": wire.AttachmentBreadcrumbs,
}

// judgeMinidump takes the upload of a crash reporter. It makes an envelope of
// it: the files become attachments, and the form fields the event.
func (s *Server) judgeMinidump(v *verdict, req *Request, body []byte) {
	body, r := s.cfg.plainBody(v, body, req.ContentEncoding, s.cfg.maxBody)
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	upload, r := readUpload(req.Header.Get("Content-Type"), body)
	if r == nil {
		r = upload.unpackMinidump(s.cfg.maxBody)
	}
	if r == nil {
		r = checkLimits(upload.items)
	}
	if r != nil {
		v.refuse(r)
		return
	}
	event, err := jsontree.ObjectOf(upload.form.Tree())
	if err != nil {
		v.refuse(wire.BadRequest("invalid minidump", err.Error()))
		return
	}
	id, err := wire.EventID(event.Member("event_id"))
	if err != nil || id == "" {
		id = v.newID()
	}
	items := append([]Item{newItem("event", "", "application/json", "", event.Bytes())}, upload.items...)
	v.envelope = &Envelope{Items: items}
	v.envelope.setID(id)
	v.events = []*arrivedEvent{{object: event, id: id, envelope: v.envelope}}
	answer := eventid.Dashed(id)
	v.text = &answer
}

// minidumpUpload is what a crash reporter sent.
type minidumpUpload struct {
	items []Item // the files
	form  bodies.Fields
}

// readUpload reads a multipart body, or a bare minidump.
func readUpload(contentType string, body []byte) (*minidumpUpload, *wire.Refusal) {
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "application/octet-stream" || kind == "application/x-dmp" {
		return &minidumpUpload{items: []Item{newItem("attachment", "Minidump", contentType, wire.AttachmentMinidump, body)}}, nil
	}
	files, form, err := bodies.ReadForm(contentType, body, func(field string) bool { return minidumpItemTypes[field] != "" })
	if err != nil {
		return nil, wire.BadRequest("invalid multipart data", err.Error())
	}
	upload := &minidumpUpload{form: form}
	for _, f := range files {
		upload.items = append(upload.items, newItem("attachment", f.Name, f.ContentType, cmp.Or(minidumpItemTypes[f.Field], wire.AttachmentPlain), f.Data))
	}
	return upload, nil
}

// unpackMinidump finds the minidump, undoes its compression and checks that it
// is one.
func (u *minidumpUpload) unpackMinidump(limit int64) *wire.Refusal {
	for i := range u.items {
		item := &u.items[i]
		if item.AttachmentType != wire.AttachmentMinidump {
			continue
		}
		plain, err := bodies.Unpack(item.Payload, limit)
		if errors.Is(err, bodies.ErrTooLong) {
			return wire.TooLarge("attachment")
		}
		if err != nil {
			return wire.BadRequest("invalid compression container", err.Error())
		}
		item.Payload = plain
		if !bytes.HasPrefix(item.Payload, []byte("MDMP")) && !bytes.HasPrefix(item.Payload, []byte("PMDM")) {
			return wire.BadRequest("invalid minidump")
		}
		return nil
	}
	return wire.BadRequest("missing minidump", "no part "+minidumpField)
}

// setID gives the envelope its id, also in the header of an envelope that was
// made of an upload.
func (e *Envelope) setID(id string) {
	e.EventID = id
	if e.Raw == nil {
		e.Header = map[string]json.RawMessage{"event_id": json.RawMessage(strconv.Quote(id))}
	}
}

// newItem makes an item that no envelope carried.
func newItem(itemType, filename, contentType, attachmentType string, payload []byte) Item {
	item := Item{
		Type: itemType, Filename: filename, ContentType: contentType, AttachmentType: attachmentType,
		Header: map[string]json.RawMessage{}, Payload: payload,
	}
	for key, text := range map[string]string{"type": itemType, "filename": filename, "content_type": contentType, "attachment_type": attachmentType} {
		if raw, err := json.Marshal(text); err == nil && text != "" {
			item.Header[key] = raw
		}
	}
	return item
}
