package api

import (
	"encoding/json"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// The addresses and shapes of Kent, for set-ups that were written for it.

type kentEvents struct {
	Events []kentSummary `json:"events"`
}

type kentSummary struct {
	ProjectID string `json:"project_id"`
	EventID   string `json:"event_id"`
	Summary   string `json:"summary"`
}

type kentDetails struct {
	ProjectID string          `json:"project_id"`
	EventID   string          `json:"event_id"`
	Payload   json.RawMessage `json:"payload"`
}

func (a *API) kentList(w http.ResponseWriter, _ *http.Request) {
	out := kentEvents{Events: []kentSummary{}}
	for _, e := range a.cfg.Store.List(store.Filter{}, 0, maxCount).Events {
		out.Events = append(out.Events, kentSummary{e.ProjectID, e.EventID, e.Title})
	}
	answer(w, http.StatusOK, out)
}

func (a *API) kentEvent(w http.ResponseWriter, r *http.Request) {
	if e, ok := a.event(w, r); ok {
		answer(w, http.StatusOK, kentDetails{e.ProjectID, e.EventID, e.Raw()})
	}
}

func (a *API) kentFlush(w http.ResponseWriter, r *http.Request) {
	if _, err := a.cfg.Store.Delete(r.Context(), store.Filter{}); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, map[string]bool{"success": true})
}
