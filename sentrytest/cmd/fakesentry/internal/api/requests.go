package api

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func (a *API) listRequests(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	limit, cursor, refused, faulted := p.limit(), p.cursor(), p.boolean("refused"), p.boolean("faulted")
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	tenant, item := r.FormValue("tenant"), r.FormValue("item")
	page, total, next := a.cfg.Store.Deliveries(func(d *store.Delivery) bool {
		return (tenant == "" || d.Request.PublicKey == tenant) && (!refused || d.Rejection != nil) && (!faulted || d.Faulted()) &&
			(item == "" || slices.ContainsFunc(d.Items, func(i wire.Item) bool { return i.Type == item }))
	}, cursor, limit)
	out := wire.Requests{Requests: make([]wire.Request, len(page)), Total: total, Next: cursorText(next)}
	for i, d := range page {
		out.Requests[i] = Request(d)
	}
	answer(w, http.StatusOK, out)
}

// request returns the request of the address. If there is none, it answers with
// 404.
func (a *API) request(w http.ResponseWriter, r *http.Request) (*store.Delivery, bool) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	d, ok := a.cfg.Store.Delivery(seq)
	if err != nil || !ok {
		notFound(w, "request", r.PathValue("seq"))
		return nil, false
	}
	return d, true
}

func (a *API) showRequest(w http.ResponseWriter, r *http.Request) {
	if d, ok := a.request(w, r); ok {
		answer(w, http.StatusOK, Request(d))
	}
}

func (a *API) showBody(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	asSent := p.boolean("wire")
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	d, ok := a.request(w, r)
	if !ok {
		return
	}
	body := d.Request.Decoded
	if asSent || body == "" { // requests that were refused early have no decoded body
		body = d.Request.Body
	}
	attach(w, "request-"+r.PathValue("seq")+".bin")
	send(w, "application/octet-stream", []byte(body))
}

func (a *API) showEnvelope(w http.ResponseWriter, r *http.Request) {
	d, ok := a.request(w, r)
	if !ok {
		return
	}
	e, ok := d.Envelope()
	if !ok {
		notFound(w, "envelope in request", r.PathValue("seq"))
		return
	}
	answer(w, http.StatusOK, envelope(e))
}
