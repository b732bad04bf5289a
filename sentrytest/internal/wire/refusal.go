// Package wire reads what a request carries, but no events: its path, its auth,
// the encoding of its body, the grammar and the limits of an envelope. It
// refuses as Sentry's Relay does, with Relay's texts.
//
// It must know nothing of events and their attributes, nor of servers, scripts
// and records.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
)

// Refusal is why a request is not accepted: the status, and the two texts of
// the answer's body.
type Refusal struct {
	Status int
	Detail string
	Causes []string
}

// Refuse makes a refusal.
func Refuse(status int, detail string, causes ...string) *Refusal {
	return &Refusal{Status: status, Detail: detail, Causes: causes}
}

// BadRequest makes a refusal with status 400.
func BadRequest(detail string, causes ...string) *Refusal {
	return Refuse(http.StatusBadRequest, detail, causes...)
}

// Unauthorized makes a refusal with status 401.
func Unauthorized(detail string, causes ...string) *Refusal {
	return Refuse(http.StatusUnauthorized, detail, causes...)
}

// TooLarge is the refusal of an envelope that exceeds a limit for one type of
// item.
func TooLarge(itemType string) *Refusal {
	return Refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf(
		"envelope exceeded size limits for type '%s' (https://develop.sentry.dev/sdk/envelopes/#size-limits)", itemType))
}

// TooLong is the refusal of a body above its limit.
func TooLong(what string, limit int64) *Refusal {
	return Refuse(http.StatusRequestEntityTooLarge, "request body exceeded size limits",
		fmt.Sprintf("%s is longer than %d bytes", what, limit))
}

// Body is the JSON of the answer.
func (r *Refusal) Body() string {
	b, err := json.Marshal(struct {
		Detail string   `json:"detail"`
		Causes []string `json:"causes,omitempty"`
	}{r.Detail, r.Causes})
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(b)
}

// CheckEncoding refuses unknown encodings.
func CheckEncoding(encoding string) *Refusal {
	if !bodies.Known(encoding) {
		return Refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("unsupported content encoding %q", encoding))
	}
	return nil
}

// Decode undoes the Content-Encoding of a body, which is in lower case. The
// result has at most limit bytes, and may be in scratch, see [bodies.Decode].
func Decode(body []byte, encoding string, deflate []bodies.Opener, limit int64, scratch *bytes.Buffer) ([]byte, *Refusal) {
	out, err := bodies.Decode(body, encoding, deflate, limit, scratch)
	switch {
	case err == nil:
		return out, nil
	case !bodies.Known(encoding):
		return nil, CheckEncoding(encoding)
	case errors.Is(err, bodies.ErrTooLong) && bodies.Plain(encoding):
		return nil, TooLong("the body", limit)
	case errors.Is(err, bodies.ErrTooLong):
		return nil, TooLong("the decompressed body", limit)
	}
	return nil, BadRequest("invalid request body", err.Error())
}
