package sentrytest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// noEvent is the cause of a refusal that people read first.
const noEvent = "neither a JSON object nor base64 of one"

// decodeStore reads the body of the store endpoint, once its Content-Encoding has been undone: JSON, base64 of
// JSON, or base64 of zlib of JSON, which is what clients of the first protocol versions send without
// saying so (protocol section 2.3).
func decodeStore(body []byte) ([]byte, *refusal) {
	if len(body) == 0 {
		return nil, badRequest("empty request body")
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
		return nil, badRequest("invalid request body", noEvent, err.Error())
	}
	if len(plain) > 0 && plain[0] == '{' {
		return plain, nil
	}
	out, err := inflate(plain, openZlib, MaxEventSize)
	if errors.Is(err, errTooLong) {
		return nil, tooLarge("event")
	}
	if err != nil {
		return nil, badRequest("invalid request body", noEvent, err.Error())
	}
	return out, nil
}

// parseStoreEvent checks what Relay checks before it answers: that the event is a JSON object and that its
// id, if it has one, is a UUID. It returns the JSON to keep and its id, which may be empty.
func parseStoreEvent(body []byte, client string) (object jsontree.Object, id string, r *refusal) {
	object, err := jsontree.ParseObject(body)
	if err != nil && repairsNaN(client) {
		object, err = jsontree.ParseObject(repairNaN(body))
	}
	if err == nil {
		id, err = eventIDOf(object.Member("event_id"))
	}
	if err != nil {
		return jsontree.Object{}, "", badRequest("invalid JSON data: " + err.Error())
	}
	return object, id, nil
}

// eventIDOf reads an event id: "" for none, an error for one that is not a UUID.
func eventIDOf(raw json.RawMessage) (string, error) {
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

// repairsNaN reports whether the client is one whose JSON encoder is known to write NaN and Infinity.
func repairsNaN(client string) bool {
	return strings.HasPrefix(client, "raven-python/") || strings.HasPrefix(client, "sentry-python/")
}

// repairNaN replaces the tokens NaN, Infinity and -Infinity outside of strings by null.
func repairNaN(body []byte) []byte {
	out := make([]byte, 0, len(body))
	inString := false
	for i := 0; i < len(body); {
		if inString {
			if body[i] == '\\' && i+1 < len(body) {
				out = append(out, body[i], body[i+1])
				i += 2
				continue
			}
			inString = body[i] != '"'
			out = append(out, body[i])
			i++
			continue
		}
		if token := notANumber(body[i:]); token != "" {
			out = append(out, "null"...)
			i += len(token)
			continue
		}
		inString = body[i] == '"'
		out = append(out, body[i])
		i++
	}
	return out
}

func notANumber(at []byte) string {
	for _, token := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(at, []byte(token)) {
			return token
		}
	}
	return ""
}
