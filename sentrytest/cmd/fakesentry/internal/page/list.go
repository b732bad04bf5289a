package page

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// pageSize is how many rows a page of a list has.
const pageSize = 100

// rows is a part of the events that a query chooses, or of their groups.
type listView struct {
	frame
	Query   string
	Problem string // what is wrong with the query
	Grouped bool
	Self    string // address of this page
	Toggle  string // address of the same with groups instead of events, and the other way round
	Older   string // address of the next page; "" on the last
	Newest  string // address of the first page; "" on it
	Total   int    // events that match

	Facets []facet
	Rows   []row
	Groups []group
	Setup  *setupView // in place of a list, when nothing has arrived yet
}

// row is an event in a list.
type row struct {
	Seq                         int64
	URL                         string
	Level, Type, Title, Culprit string
	Project, SDK                string
	Release, Environment        string
	Time                        moment
	Files                       int // attachments
}

// place is what the address of a list says.
type place struct {
	query   string
	grouped bool
	before  int64
}

func placeOf(r *http.Request) place {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // anything else is the first page
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
		p.fail(w, r, http.StatusServiceUnavailable, "The events could not be looked through: "+err.Error())
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

// rows returns the rows of a page, and before which number the next one begins;
// 0 after the last.
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
	files := 0
	for _, item := range e.Delivery.Items {
		if item.Type == attachment {
			files++
		}
	}
	return row{
		Seq: e.Seq, URL: eventURL(e, query), Level: e.Level, Type: e.Type, Title: cut(e.Title, 300), Culprit: cut(e.Culprit, 300),
		Project: e.ProjectID, SDK: cmp.Or(e.SDKName, "unknown SDK"), Release: e.Release, Environment: e.Environment,
		Time: p.moment(e.Received), Files: files,
	}
}

// eventURL is the address of an event; the query says among which events its
// neighbours are.
func eventURL(e *store.Event, query string) string {
	to := "/events/" + strconv.FormatInt(e.Seq, 10)
	if query != "" {
		to += "?" + url.Values{"q": {query}}.Encode()
	}
	return to
}

// clear deletes the events that match the query of the form, and everything
// without one.
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
