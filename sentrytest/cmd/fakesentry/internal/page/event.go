package page

import (
	"net/http"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// find returns the event of the address, which has its number or its id. If
// there is none, it answers with 404.
func (p *Pages) find(w http.ResponseWriter, r *http.Request) (*store.Event, bool) {
	e, ok := p.cfg.Store.Event(r.PathValue("event"))
	if !ok {
		p.fail(w, r, http.StatusNotFound, "There is no event "+r.PathValue("event")+", or it was deleted.")
	}
	return e, ok
}

func (p *Pages) event(w http.ResponseWriter, r *http.Request) {
	e, ok := p.find(w, r)
	if !ok {
		return
	}
	v := p.eventView(e)
	v.Query = r.FormValue("q")
	v.List = place{query: v.Query}.url()
	q, err := search.Parse(v.Query)
	if err != nil { // the list reports errors of the query
		q = nil
	}
	older, newer, err := p.cfg.Store.Neighbours(r.Context(), store.Filter{Query: q}, e.Seq)
	if err != nil {
		p.fail(w, r, http.StatusServiceUnavailable, "The search failed: "+err.Error())
		return
	}
	if older != nil {
		v.Older = eventURL(older, v.Query)
	}
	if newer != nil {
		v.Newer = eventURL(newer, v.Query)
	}
	render(w, http.StatusOK, "event", v)
}

func (p *Pages) deleteEvent(w http.ResponseWriter, r *http.Request) {
	e, ok := p.find(w, r)
	if !ok || !p.form(w, r) {
		return
	}
	if _, err := p.cfg.Store.DeleteEvent(r.Context(), strconv.FormatInt(e.Seq, 10)); err != nil {
		p.fail(w, r, http.StatusInternalServerError, "The event could not be deleted: "+err.Error())
		return
	}
	back(w, r, place{query: r.PostFormValue("q")}.url())
}
