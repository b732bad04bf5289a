package page

import (
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// pageSize is the number of rows on a page of a list.
const pageSize = 100

// listView is the data of a page of the events, or of their groups.
type listView struct {
	frame
	Query   string
	Problem string // the error of the query
	Grouped bool
	Self    string // address of this page
	Toggle  string // address with groups instead of events, or vice versa
	Older   string // address of the next page; "" on the last
	Newest  string // address of the first page; "" on the first
	Total   int    // the number of events that match

	Facets []facet
	Rows   []row
	Groups []group
	Setup  *setupView // instead of a list, before anything has arrived
}

// row is an event in a list.
type row struct {
	*store.Event
	URL  string
	Time moment
}

// Files returns the number of attachments.
func (r row) Files() (n int) {
	for _, item := range r.Delivery.Items {
		if item.Type == store.Attachment {
			n++
		}
	}
	return n
}

// place is the query and the page in an address.
type place struct {
	query   string
	grouped bool
	before  int64
}

func placeOf(r *http.Request) place {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // an invalid number means the first page
	return place{query: r.FormValue("q"), grouped: r.FormValue("group") != "", before: max(before, 0)}
}

func (l place) url() string {
	v := url.Values{}
	if l.query != "" {
		v.Set("q", l.query)
	}
	if l.grouped {
		v.Set("group", "1")
	}
	if l.before > 0 {
		v.Set("before", strconv.FormatInt(l.before, 10))
	}
	if len(v) == 0 {
		return "/"
	}
	return "/?" + v.Encode()
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) {
	at := placeOf(r)
	v := listView{frame: p.frame("Events", "events"), Query: at.query, Grouped: at.grouped, Self: at.url()}
	v.Toggle = place{query: at.query, grouped: !at.grouped}.url()
	if at.before > 0 {
		v.Newest = place{query: at.query, grouped: at.grouped}.url()
	}
	q, err := search.Parse(at.query)
	if err != nil {
		v.Problem = err.Error()
		render(w, http.StatusUnprocessableEntity, "list", v)
		return
	}
	found, err := p.cfg.Store.List(r.Context(), store.Filter{Query: q}, 0, math.MaxInt)
	if err != nil {
		p.fail(w, r, http.StatusServiceUnavailable, "The search failed: "+err.Error())
		return
	}
	matches := found.Events
	v.Total = len(matches)
	if v.Total == 0 && at.query == "" && v.Last == 0 {
		s := p.setupView(r)
		v.Setup = &s
	}
	v.Facets = facets(matches, q, at)
	if at.grouped {
		v.Groups, at.before = p.groups(matches, at)
	} else {
		v.Rows, at.before = p.rows(matches, at)
	}
	if at.before > 0 {
		v.Older = at.url()
	}
	render(w, http.StatusOK, "list", v)
}

// rows returns the rows of a page, and the number before which the next page
// begins; 0 on the last page.
func (p *Pages) rows(events []*store.Event, at place) (rows []row, next int64) {
	for _, e := range events {
		if at.before > 0 && e.Seq >= at.before {
			continue
		}
		if len(rows) == pageSize {
			return rows, rows[pageSize-1].Seq
		}
		rows = append(rows, p.row(e, at.query))
	}
	return rows, 0
}

func (p *Pages) row(e *store.Event, query string) row {
	return row{Event: e, URL: eventURL(e, query), Time: p.moment(e.Received)}
}

// eventURL returns the address of an event. The query chooses the event's
// neighbours.
func eventURL(e *store.Event, query string) string {
	to := "/events/" + strconv.FormatInt(e.Seq, 10)
	if query != "" {
		to += "?" + url.Values{"q": {query}}.Encode()
	}
	return to
}

// clear deletes the events that match the query in the form. Without a query it
// deletes everything.
func (p *Pages) clear(w http.ResponseWriter, r *http.Request) {
	if !p.form(w, r) {
		return
	}
	q, err := search.Parse(r.PostFormValue("q"))
	if err == nil {
		_, err = p.cfg.Store.Delete(r.Context(), store.Filter{Query: q})
	}
	if err != nil {
		p.fail(w, r, http.StatusUnprocessableEntity, "Nothing was deleted: "+err.Error())
		return
	}
	back(w, r, "/")
}
