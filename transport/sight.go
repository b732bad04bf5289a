package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"sync"
)

// sight is the common part of the transports that print or store packets
// locally: they write each packet as a piece of text, in the calling goroutine.
type sight struct {
	mu     sync.Mutex // guards closed, and keeps writes whole
	closed bool
	write  func(p *Packet) error
	close  func() error
}

// Send writes one packet. The error is [ErrClosed] or the error of the writer.
func (s *sight) Send(_ context.Context, p *Packet) (*Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if err := s.write(p); err != nil {
		return nil, err
	}
	return &Response{EventID: p.EventID}, nil
}

// Close ends the transport. It may be called again.
func (s *sight) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.close == nil {
		return nil
	}
	return s.close()
}

// sightConfig accepts the options of the transports that send, so that stderr+
// or file+ can be put before any DSN.
var sightConfig = []OptionBinder{new(HTTPConfig), new(ThreadedConfig)}

// foreignOptions are the options of transports that may not be registered, or
// that check their options themselves.
func foreignOptions() []OptionSpec {
	return append(
		OptionSpecs(new(PoolConfig), new(FileConfig)),
		OptionSpec{Name: "to", Allowed: "a DSN, with its '?' and '&' escaped", Check: func(s string) error {
			_, err := ParseDSN(s)
			return err
		}},
		OptionSpec{Name: "qsize", Allowed: "a whole number, at least 1", Check: func(s string) error {
			_, err := wholeNumber(1, math.MaxInt)(s)
			return err
		}},
	)
}

// eventOf returns the event in a packet: the body of a store request, or the
// payload of the first item of an envelope.
func eventOf(p *Packet) (json.RawMessage, bool) {
	body := bytes.TrimSpace(p.Body)
	header, rest, isEnvelope := bytes.Cut(body, []byte("\n"))
	if !isEnvelope {
		return json.RawMessage(body), json.Valid(body)
	}
	item, payload, ok := bytes.Cut(rest, []byte("\n"))
	var kind struct {
		Type   string `json:"type"`
		Length *int   `json:"length"`
	}
	if !ok || !json.Valid(header) || json.Unmarshal(item, &kind) != nil || kind.Type != "event" {
		return nil, false
	}
	if n := kind.Length; n != nil && *n >= 0 && *n < len(payload) {
		// Further items belong to the event, or there is no event.
		payload = payload[:*n]
	}
	return json.RawMessage(payload), json.Valid(payload)
}
