package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// noEvent is the first cause in a refusal of a body.
const noEvent = "neither a JSON object nor base64 of one"

// DecodeStore reads the body of the store endpoint, after its Content-Encoding:
// JSON, base64 of JSON, or base64 of zlib of JSON. Clients of the first
// protocol versions send the latter two without naming them.
func DecodeStore(body []byte) ([]byte, *Refusal) {
	if len(body) == 0 {
		return nil, BadRequest("empty request body")
	}
	if body[0] == '{' {
		return body, nil
	}
	plain, err := base64.StdEncoding.Strict().DecodeString(string(body))
	// DecodeString skips line ends, which the protocol does not.
	if err == nil && bytes.ContainsAny(body, "\r\n") {
		err = errors.New("line end in base64")
	}
	if err != nil {
		return nil, BadRequest("invalid request body", noEvent, err.Error())
	}
	if len(plain) > 0 && plain[0] == '{' {
		return plain, nil
	}
	out, err := bodies.Inflate(plain, bodies.OpenZlib, maxEventSize)
	if errors.Is(err, bodies.ErrTooLong) {
		return nil, TooLarge("event")
	}
	if err != nil {
		return nil, BadRequest("invalid request body", noEvent, err.Error())
	}
	return out, nil
}

// EventID reads an event id: "" for none, an error for one that is not a UUID.
func EventID(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	text, err := jsontree.Unquote(raw)
	if err != nil {
		return "", fmt.Errorf("event_id is not a string: %s", raw)
	}
	id, ok := eventid.Normalize(text)
	if !ok {
		return "", fmt.Errorf("event_id is not a UUID: %q", text)
	}
	return id, nil
}
