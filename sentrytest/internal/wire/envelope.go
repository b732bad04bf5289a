package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
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

// A parsed envelope must not use much more memory than its bytes, which a few
// kilobytes on the wire can inflate to. These limits are far above what SDKs
// send.
const (
	maxItems      = 10_000
	maxAttributes = 200 // of a header
)

// Grammar has the differences between servers in reading envelopes.
type Grammar struct {
	BlankLines bool // take blank lines at the end
	BareHeader bool // refuse the header of an item without a line end
}

// Defect is why an envelope is invalid.
type Defect struct {
	Reason string // in Relay's words
	Offset int    // where, in bytes
	Err    error  // what is wrong with a header; nil otherwise
}

// causes are the texts for the answer's body.
func (f *Defect) causes() []string {
	if f.Err == nil {
		return []string{f.Reason}
	}
	return []string{f.Reason, f.Err.Error()}
}

// Refusal is the answer to the request.
func (f *Defect) Refusal() *Refusal {
	if f.Reason == tooManyItems {
		return Refuse(http.StatusRequestEntityTooLarge, "envelope exceeded size limits", fmt.Sprintf("more than %d items", maxItems))
	}
	return BadRequest(InvalidEnvelope, f.causes()...)
}

// InvalidEnvelope is the detail of a refusal of an envelope.
const InvalidEnvelope = "invalid event envelope"

// Header is the first line of an envelope.
type Header struct {
	EventID string
	DSN     string
	SentAt  time.Time
	Fields  map[string]json.RawMessage // all of them
}

// Check compares the header with the project and the key of its request.
func (h Header) Check(reqProject, reqKey string) *Refusal {
	if h.DSN == "" {
		return nil
	}
	key, _, project, err := ParseDSN(h.DSN)
	switch {
	case err != nil:
		return BadRequest(InvalidEnvelope, invalidEnvelopeHeader)
	case reqProject != "" && project != reqProject:
		return BadRequest(InvalidEnvelope, "project id header mismatch between envelope and request")
	case key != reqKey:
		return BadRequest(InvalidEnvelope, "public key header mismatch between envelope and request")
	}
	return nil
}

// Item is one item of an envelope. Its payload shares memory with the
// envelope.
type Item struct {
	Type           string
	ContentType    string
	Filename       string
	AttachmentType string
	ItemCount      int
	Header         map[string]json.RawMessage
	Payload        []byte
}

// NewParser returns a parser of the envelope. Call Header once and then Next.
func NewParser(raw []byte, g Grammar) *Parser {
	return &Parser{raw: raw, grammar: g}
}

// Header reads the envelope's own header.
func (p *Parser) Header() (Header, *Defect) {
	fields, err := p.object(envelopeHeaderKeys)
	h := Header{Fields: fields}
	if err == nil {
		err = h.read()
	}
	if err != nil {
		return Header{}, &Defect{Reason: invalidEnvelopeHeader, Err: err}
	}
	return h, nil
}

// Next reads the next item, nil at the end.
func (p *Parser) Next() (*Item, *Defect) {
	if err := p.newline(); err != nil {
		return nil, err
	}
	if p.atEnd() || p.grammar.BlankLines && jsontree.SkipSpace(p.raw, p.at) == len(p.raw) {
		return nil, nil
	}
	if p.items++; p.items > maxItems {
		return nil, p.fail(tooManyItems, nil)
	}
	return p.item()
}

// Attributes that must not occur twice. Others may, since they are not read.
var (
	envelopeHeaderKeys = map[string]bool{"event_id": true, "dsn": true, "sdk": true, "sent_at": true, "trace": true}
	itemHeaderKeys     = map[string]bool{
		"type": true, "length": true, "content_type": true, "filename": true, "attachment_type": true, "item_count": true,
	}
)

// Parser reads an envelope from its beginning to its end. Make one with
// [NewParser].
type Parser struct {
	raw     []byte
	at      int
	items   int
	grammar Grammar
}

func (p *Parser) atEnd() bool { return p.at >= len(p.raw) }

func (p *Parser) fail(reason string, err error) *Defect {
	return &Defect{Reason: reason, Offset: p.at, Err: err}
}

// newline reads the line end after a header or payload, or the end of the
// envelope.
func (p *Parser) newline() *Defect {
	if p.atEnd() {
		return nil
	}
	if p.raw[p.at] != '\n' {
		return p.fail(missingNewline, nil)
	}
	p.at++
	return nil
}

// object reads one JSON object.
func (p *Parser) object(unique map[string]bool) (map[string]json.RawMessage, error) {
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

func (p *Parser) item() (*Item, *Defect) {
	if jsontree.SkipSpace(p.raw, p.at) == len(p.raw) {
		return nil, p.fail(unexpectedEnd, nil)
	}
	start := p.at
	header, err := p.object(itemHeaderKeys)
	item := &Item{Header: header}
	length := -1
	if err == nil {
		length, err = item.readHeader()
	}
	if err != nil {
		return nil, &Defect{Reason: invalidItemHeader, Offset: start, Err: err}
	}
	if p.grammar.BareHeader && p.atEnd() {
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

// read checks the attributes that have a type in Relay.
func (h *Header) read() error {
	var err error
	if h.EventID, err = EventID(h.Fields["event_id"]); err != nil {
		return err
	}
	if h.DSN, err = stringOf(h.Fields, "dsn"); err != nil {
		return err
	}
	if h.DSN != "" {
		if _, _, _, err := ParseDSN(h.DSN); err != nil {
			return err
		}
	}
	sentAt, err := stringOf(h.Fields, "sent_at")
	if err != nil {
		return err
	}
	if sentAt != "" {
		var ok bool
		if h.SentAt, ok = lenient.Date(sentAt); !ok {
			return fmt.Errorf("sent_at is not a time of RFC 3339: %q", sentAt)
		}
	}
	return nil
}

// readHeader fills the item from its header and returns its length, -1 for
// none.
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
