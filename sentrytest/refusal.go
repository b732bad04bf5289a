package sentrytest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// refusal is why a request is not accepted: the status and the two texts of the answer's body, as Relay
// words them where the protocol sheet knows its words (section 3.2).
type refusal struct {
	status int
	detail string
	causes []string
}

func refuse(status int, detail string, causes ...string) *refusal {
	return &refusal{status: status, detail: detail, causes: causes}
}

func badRequest(detail string, causes ...string) *refusal {
	return refuse(http.StatusBadRequest, detail, causes...)
}

func unauthorized(detail string, causes ...string) *refusal {
	return refuse(http.StatusUnauthorized, detail, causes...)
}

// tooLarge is the refusal for a request that exceeds a limit for one type of item.
func tooLarge(itemType string) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf(
		"envelope exceeded size limits for type '%s' (https://develop.sentry.dev/sdk/envelopes/#size-limits)", itemType))
}

// tooLong is the refusal for a body that was not read to its end.
func tooLong(what string, limit int64) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, "request body exceeded size limits",
		fmt.Sprintf("%s is longer than %d bytes", what, limit))
}

// body is the JSON of the answer.
func (r *refusal) body() string {
	b, err := json.Marshal(struct {
		Detail string   `json:"detail"`
		Causes []string `json:"causes,omitempty"`
	}{r.detail, r.causes})
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(b)
}
