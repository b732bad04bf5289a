package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// The addresses and JSON of Kent 2, for setups that were written for Kent
// (kent/app.py). Kent lists all items of envelopes; this API lists only events.

type kentEvents struct {
	Events []kentSummary `json:"events"`
}

type kentSummary struct {
	ProjectID any    `json:"project_id"`
	EventID   string `json:"event_id"`
	Summary   string `json:"summary"`
}

type kentDetails struct {
	ProjectID any         `json:"project_id"`
	EventID   string      `json:"event_id"`
	Payload   kentPayload `json:"payload"`
}

// kentPayload has null headers for an event that did not come in an envelope.
type kentPayload struct {
	EnvelopeHeader map[string]json.RawMessage `json:"envelope_header"`
	Header         map[string]json.RawMessage `json:"header"`
	Body           json.RawMessage            `json:"body"`
}

// kentProject returns a number, as Kent does, unless the project of the DSN is
// not a number.
func kentProject(id string) any {
	if n, err := strconv.ParseUint(id, 10, 64); err == nil {
		return n
	}
	return id
}

// kentList lists the oldest first.
func (a *API) kentList(w http.ResponseWriter, _ *http.Request) {
	out := kentEvents{Events: []kentSummary{}}
	for _, e := range slices.Backward(a.cfg.Store.Events()) {
		out.Events = append(out.Events, kentSummary{kentProject(e.ProjectID), e.EventID, e.Title})
	}
	answer(w, http.StatusOK, out)
}

func (a *API) kentEvent(w http.ResponseWriter, r *http.Request) {
	if e, ok := a.event(w, r); ok {
		answer(w, http.StatusOK, kentDetails{kentProject(e.ProjectID), e.EventID, newKentPayload(e)})
	}
}

func newKentPayload(e *store.Event) kentPayload {
	p := kentPayload{Body: e.Raw()}
	envelope, ok := e.Delivery.Envelope()
	if !ok {
		return p
	}
	p.EnvelopeHeader = envelope.Header
	for _, item := range envelope.Items {
		if bytes.Equal(item.Payload, p.Body) {
			p.Header = item.Header
			break
		}
	}
	return p
}

func (a *API) kentFlush(w http.ResponseWriter, r *http.Request) {
	if _, err := a.cfg.Store.Delete(r.Context(), store.Filter{}); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, map[string]bool{"success": true})
}
