package sentrytest

import (
	"bytes"
	"compress/bzip2"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// minidumpField is the part of a multipart body that holds the minidump (protocol section 1.2).
const minidumpField = "upload_file_minidump"

// maxParts bounds the parts of a multipart body.
const maxParts = 1000

// minidumpItemTypes are the attachment types of the parts that have a meaning; all others are plain attachments.
var minidumpItemTypes = map[string]string{
	minidumpField:          attachmentMinidump,
	"view-hierarchy.json":  attachmentViewHierarchy,
	"__sentry-event":       attachmentEventPayload,
	"__sentry-breadcrumb1": attachmentBreadcrumbs, "__sentry-breadcrumb2": attachmentBreadcrumbs,
}

// minidumpContainers are the compressions that Relay undoes, by the bytes that they begin with. It knows xz as well.
var minidumpContainers = []struct {
	magic string
	open  opener
}{
	{"\x1f\x8b", openGzip},
	{"\x28\xb5\x2f\xfd", openZstd},
	{"BZh", func(body []byte) (io.ReadCloser, error) {
		return io.NopCloser(bzip2.NewReader(bytes.NewReader(body))), nil
	}},
}

// judgeMinidump takes the upload of a crash reporter. It becomes an envelope: the files are its attachments, and the
// form fields its event.
func (s *Server) judgeMinidump(v *verdict, req *Request, body []byte) {
	body, r := s.cfg.decodeBody(body, req.ContentEncoding, s.cfg.maxBody)
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
	event, err := jsontree.ObjectOf(upload.form.event())
	if err != nil {
		v.refuse(badRequest("invalid minidump", err.Error()))
		return
	}
	id := eventid.New()
	if own, err := eventIDOf(event.Member("event_id")); err == nil && own != "" {
		id = own
	}
	items := append([]Item{newItem("event", "", "application/json", "", event.Bytes())}, upload.items...)
	v.envelope = &Envelope{Items: items}
	v.envelope.setID(id)
	v.events = []*storedEvent{{object: event, id: id, envelope: v.envelope}}
	answer := eventid.Dashed(id)
	v.text = &answer
}

// minidumpUpload is what a crash reporter sent.
type minidumpUpload struct {
	items []Item // the files
	form  formData
}

// readUpload reads a multipart body, or a bare minidump.
func readUpload(contentType string, body []byte) (*minidumpUpload, *refusal) {
	upload := &minidumpUpload{}
	kind, params, err := mime.ParseMediaType(contentType)
	if kind == "application/octet-stream" || kind == "application/x-dmp" {
		upload.items = []Item{newItem("attachment", "Minidump", contentType, attachmentMinidump, body)}
		return upload, nil
	}
	if err == nil && params["boundary"] == "" {
		err = http.ErrMissingBoundary
	}
	if err != nil {
		return nil, badRequest("invalid multipart data", err.Error())
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		if n == maxParts {
			return nil, badRequest("invalid multipart data", fmt.Sprintf("more than %d parts", maxParts))
		}
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return upload, nil
		}
		var data []byte
		if err == nil {
			data, err = io.ReadAll(part) // no more than the body, which is in memory already
		}
		if err != nil {
			return nil, badRequest("invalid multipart data", err.Error())
		}
		upload.add(part, data)
	}
}

func (u *minidumpUpload) add(part *multipart.Part, data []byte) {
	name := part.FormName()
	kind, known := minidumpItemTypes[name]
	if !known && part.FileName() == "" {
		u.form = append(u.form, formField{name, string(data)})
		return
	}
	if !known {
		kind = attachmentPlain
	}
	u.items = append(u.items, newItem("attachment", part.FileName(), part.Header.Get("Content-Type"), kind, data))
}

// unpackMinidump finds the minidump, undoes its compression and checks that it is one.
func (u *minidumpUpload) unpackMinidump(limit int64) *refusal {
	for i := range u.items {
		item := &u.items[i]
		if item.AttachmentType != attachmentMinidump {
			continue
		}
		for _, container := range minidumpContainers {
			if !bytes.HasPrefix(item.Payload, []byte(container.magic)) {
				continue
			}
			plain, err := inflate(item.Payload, container.open, limit)
			if errors.Is(err, errTooLong) {
				return tooLarge("attachment")
			}
			if err != nil {
				return badRequest("invalid compression container", err.Error())
			}
			item.Payload = plain
			break
		}
		if !bytes.HasPrefix(item.Payload, []byte("MDMP")) && !bytes.HasPrefix(item.Payload, []byte("PMDM")) {
			return badRequest("invalid minidump")
		}
		return nil
	}
	return badRequest("missing minidump", "no part "+minidumpField)
}

// setID gives the envelope its id. In one that was made of an upload, that is the header.
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
