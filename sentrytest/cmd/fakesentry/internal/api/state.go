package api

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"sigs.k8s.io/yaml"

	"github.com/ravenkit/ravenkit/sentrytest"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// faultList is the JSON form of the faults.
type faultList struct {
	Faults []sentrytest.Fault `json:"faults"`
}

func (a *API) listFaults(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, faultList{a.cfg.Faults().Faults()})
}

func (a *API) setFaults(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Faults json.RawMessage `json:"faults"`
	}
	const example = `{"faults":[{"status":429,"retry_after":"30"}]}`
	err := readBody(w, r, &wish, example)
	if errors.Is(err, io.EOF) || err == nil && wish.Faults == nil {
		err = fmt.Errorf("the body must be a JSON object such as %s: the field faults is missing", example)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	faults, err := sentrytest.ParseFaults(wish.Faults)
	if err == nil {
		err = a.cfg.Faults().SetFaults(faults...)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	a.listFaults(w, r)
}

func (a *API) clearFaults(w http.ResponseWriter, _ *http.Request) {
	a.cfg.Faults().ClearFaults()
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) stats(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, a.cfg.Store.Stats())
}

func (a *API) health(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, wire.Health{
		Status: "ok", Version: a.cfg.Version, DSN: a.cfg.DSN(r, a.cfg.Key, a.cfg.Project), TLSDSN: a.cfg.TLSDSN(r, a.cfg.Key, a.cfg.Project),
		Events: a.cfg.Store.Stats().Kept,
	})
}

//go:embed openapi.yaml
var openAPI []byte

func (a *API) openAPIYAML(w http.ResponseWriter, _ *http.Request) {
	send(w, "application/yaml", openAPI)
}

func (a *API) openAPIJSON(w http.ResponseWriter, _ *http.Request) {
	text, err := yaml.YAMLToJSON(openAPI)
	if err != nil {
		fail(w, http.StatusInternalServerError, fmt.Errorf("the embedded document: %w", err))
		return
	}
	send(w, "application/json", text)
}
