package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// withDSN adds the DSNs for the client of the request.
func (a *API) withDSN(r *http.Request, t wire.Tenant) wire.Tenant {
	t.DSN, t.TLSDSN = a.cfg.DSN(r, t.Key, t.ProjectID), a.cfg.TLSDSN(r, t.Key, t.ProjectID)
	return t
}

// tenantList is the answer to a request for all tenants.
type tenantList struct {
	Tenants []wire.Tenant `json:"tenants"`
}

func (a *API) listTenants(w http.ResponseWriter, r *http.Request) {
	list := tenantList{Tenants: []wire.Tenant{}}
	for _, t := range a.cfg.Store.Tenants() {
		list.Tenants = append(list.Tenants, a.withDSN(r, t))
	}
	answer(w, http.StatusOK, list)
}

func (a *API) createTenant(w http.ResponseWriter, r *http.Request) {
	var wish struct {
		Name string `json:"name"`
	}
	err := readBody(w, r, &wish, `{"name":"my test"}, or empty`)
	if err != nil && !errors.Is(err, io.EOF) { // the body is optional
		fail(w, http.StatusBadRequest, err)
		return
	}
	t, err := a.cfg.Store.Mint(r.Context(), wish.Name)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusCreated, a.withDSN(r, t))
}

// knows reports whether events may arrive with the key. It answers with 404 if
// not: the key is then probably misspelt. A key in the path must be a tenant's.
// Other keys may also be the shared one, or one with requests.
func (a *API) knows(w http.ResponseWriter, r *http.Request, key string) bool {
	if _, ok := a.cfg.Store.Tenant(key); ok || key == "" {
		return true
	}
	if r.PathValue("tenant") != "" {
		notFound(w, "tenant", key)
		return false
	}
	_, seen, _ := a.cfg.Store.Deliveries(func(d *store.Delivery) bool { return d.Request.PublicKey == key }, 0, 0)
	if seen > 0 || key == a.cfg.Key {
		return true
	}
	fail(w, http.StatusNotFound, fmt.Errorf("there is no tenant %q, and no request with that key: create a tenant with POST /api/v1/tenants", key))
	return false
}

func (a *API) showTenant(w http.ResponseWriter, r *http.Request) {
	t, ok := a.cfg.Store.Tenant(r.PathValue("tenant"))
	if !ok {
		notFound(w, "tenant", r.PathValue("tenant"))
		return
	}
	answer(w, http.StatusOK, a.withDSN(r, t))
}

func (a *API) deleteTenant(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("tenant")
	switch found, err := a.cfg.Store.DeleteTenant(r.Context(), key); {
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	case !found:
		notFound(w, "tenant", key)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
