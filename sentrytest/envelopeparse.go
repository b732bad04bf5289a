package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
)

const (
	invalidEnvelopeHeader = "invalid envelope header"
	invalidItemHeader     = "invalid item header"
	missingNewline        = "missing newline after header or payload"
	unexpectedEnd         = "unexpected end of file"
	tooManyItems          = "too many items"
)

// What a parsed envelope costs in memory has to stay in proportion to its bytes, which a few kilobytes on the wire can
// inflate to. No SDK comes near these.
const (
	maxItems      = 10_000
	maxAttributes = 200 // of a header
)

// ParseEnvelope reads an envelope as strictly as Relay does (protocol section 4.2). Payloads are not looked
// into, and item types that nobody knows are kept. A malformed envelope is an [*EnvelopeError].
// The result does not share memory with raw.
func ParseEnvelope(raw []byte) (Envelope, error) {
	e, err := parseEnvelope(bytes.Clone(raw), rules{})
	if err != nil {
		return Envelope{}, err
	}
	return *e, nil
}

// parseEnvelope is ParseEnvelope over memory that belongs to the envelope from now on.
func parseEnvelope(raw []byte, r rules) (*Envelope, *EnvelopeError) {
	p := &envelopeParser{raw: raw, rules: r}
	e := &Envelope{Raw: raw}
	header, err := p.header(envelopeHeaderKeys)
	if err == nil {
		err = e.readHeader(header)
	}
	if err != nil {
		return nil, &EnvelopeError{Reason: invalidEnvelopeHeader, Err: err}
	}
	for {
		if err := p.newline(); err != nil {
			err.envelope = e
			return nil, err
		}
		if p.atEnd() || p.rules.TolerateBlankLines && jsontree.SkipSpace(raw, p.at) == len(raw) {
			return e, nil
		}
		if len(e.Items) == maxItems {
			err := p.fail(tooManyItems, nil)
			err.envelope = e
			return nil, err
		}
		item, err := p.item()
		if err != nil {
			err.envelope = e
			return nil, err
		}
		e.Items = append(e.Items, *item)
	}
}

// Attributes that must not occur twice. Others may: nobody reads them.
var (
	envelopeHeaderKeys = map[string]bool{"event_id": true, "dsn": true, "sdk": true, "sent_at": true, "trace": true}
	itemHeaderKeys     = map[string]bool{
		"type": true, "length": true, "content_type": true, "filename": true, "attachment_type": true, "item_count": true,
	}
)

type envelopeParser struct {
	raw   []byte
	at    int
	rules rules
}

func (p *envelopeParser) atEnd() bool { return p.at >= len(p.raw) }

func (p *envelopeParser) fail(reason string, err error) *EnvelopeError {
	return &EnvelopeError{Reason: reason, Offset: p.at, Err: err}
}

// newline consumes the line end after a header or payload. The end of the envelope serves as one.
func (p *envelopeParser) newline() *EnvelopeError {
	if p.atEnd() {
		return nil
	}
	if p.raw[p.at] != '\n' {
		return p.fail(missingNewline, nil)
	}
	p.at++
	return nil
}

// header consumes one JSON object and leaves what follows it.
func (p *envelopeParser) header(unique map[string]bool) (map[string]json.RawMessage, error) {
	object, err := jsontree.TakeObject(p.raw[p.at:])
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(object.Bytes()) {
		return nil, errors.New("not UTF-8")
	}
	fields := map[string]json.RawMessage{}
	err = object.Members(func(key string, value json.RawMessage) error {
		if _, twice := fields[key]; twice && unique[key] {
			return fmt.Errorf("duplicate field %q", key)
		}
		fields[key] = value
		if len(fields) > maxAttributes {
			return fmt.Errorf("more than %d attributes", maxAttributes)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.at += len(object.Bytes())
	return fields, nil
}

func (p *envelopeParser) item() (*Item, *EnvelopeError) {
	if jsontree.SkipSpace(p.raw, p.at) == len(p.raw) {
		return nil, p.fail(unexpectedEnd, nil)
	}
	start := p.at
	header, err := p.header(itemHeaderKeys)
	item := &Item{Header: header}
	length := -1
	if err == nil {
		length, err = item.readHeader()
	}
	if err != nil {
		return nil, &EnvelopeError{Reason: invalidItemHeader, Offset: start, Err: err}
	}
	if p.rules.RefuseBareHeaders && p.atEnd() {
		return nil, p.fail(missingNewline, nil)
	}
	if err := p.newline(); err != nil {
		return nil, err
	}
	rest := p.raw[p.at:]
	if length < 0 {
		length = bytes.IndexByte(rest, '\n')
		if length < 0 {
			length = len(rest)
		}
	}
	if length > len(rest) {
		return nil, p.fail(unexpectedEnd, nil)
	}
	item.Payload = rest[:length:length]
	p.at += length
	return item, nil
}

// readHeader checks the attributes that Relay gives a type to.
func (e *Envelope) readHeader(header map[string]json.RawMessage) error {
	e.Header = header
	var err error
	if e.EventID, err = eventIDOf(header["event_id"]); err != nil {
		return err
	}
	if e.DSN, err = stringOf(header, "dsn"); err != nil {
		return err
	}
	if e.DSN != "" {
		if _, _, _, err := parseDSN(e.DSN); err != nil {
			return err
		}
	}
	sentAt, err := stringOf(header, "sent_at")
	if err != nil {
		return err
	}
	if sentAt != "" {
		var ok bool
		if e.SentAt, ok = lenient.Date(sentAt); !ok {
			return fmt.Errorf("sent_at is not a time of RFC 3339: %q", sentAt)
		}
	}
	e.SDK = readSDK(header["sdk"])
	return nil
}

// readHeader fills the item from its header and returns its length, -1 for none.
func (i *Item) readHeader() (int, error) {
	raw, ok := i.Header["type"]
	if !ok {
		return 0, errors.New("missing field `type`")
	}
	var err error
	if i.Type, err = jsontree.Unquote(raw); err != nil {
		return 0, fmt.Errorf("type is not a string: %s", raw)
	}
	if i.ContentType, err = stringOf(i.Header, "content_type"); err != nil {
		return 0, err
	}
	if i.Filename, err = stringOf(i.Header, "filename"); err != nil {
		return 0, err
	}
	if i.AttachmentType, err = stringOf(i.Header, "attachment_type"); err != nil {
		return 0, err
	}
	if i.ItemCount, err = countOf(i.Header, "item_count"); err != nil {
		return 0, err
	}
	i.ItemCount = max(i.ItemCount, 0)
	return countOf(i.Header, "length")
}

// countOf reads a non-negative integer: -1 when it is absent or null.
func countOf(header map[string]json.RawMessage, key string) (int, error) {
	raw, ok := header[key]
	if !ok || string(raw) == "null" {
		return -1, nil
	}
	n, err := strconv.ParseUint(string(raw), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a non-negative integer: %s", key, raw)
	}
	return int(n), nil
}

// stringOf reads a string: "" when it is absent or null.
func stringOf(header map[string]json.RawMessage, key string) (string, error) {
	raw, ok := header[key]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	text, err := jsontree.Unquote(raw)
	if err != nil {
		return "", fmt.Errorf("%s is not a string: %s", key, raw)
	}
	return text, nil
}
