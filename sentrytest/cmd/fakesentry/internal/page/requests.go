package page

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// requestsView is the data of the requests page, with the losses that clients
// reported.
type requestsView struct {
	frame
	Show   string // "", "refused" or "faulted"
	Self   string
	Older  string
	Newest string
	Total  int
	Rows   []requestRow
	Losses []fakesentryclient.Discarded // the most frequent first
}

// requestRow is a request in a list.
type requestRow struct {
	*store.Delivery
	Time    moment
	Client  string
	Class   string // of the status
	Reason  string // why it was refused
	Carried string
	Gap     string // since the previous request of the same client
}

func (p *Pages) requests(w http.ResponseWriter, r *http.Request) {
	v := requestsView{frame: p.frame("Requests", "requests"), Show: r.FormValue("show")}
	keep := map[string]func(*store.Delivery) bool{
		"refused": func(d *store.Delivery) bool { return d.Rejection != nil },
		"faulted": (*store.Delivery).Faulted,
	}[v.Show]
	if keep == nil {
		v.Show = ""
	}
	address := func(before int64) string {
		to := "/requests?"
		if v.Show != "" {
			to += "show=" + v.Show + "&"
		}
		if before > 0 {
			to += "before=" + strconv.FormatInt(before, 10)
		}
		return strings.TrimRight(to, "?&")
	}
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // an invalid number means the first page
	before = max(before, 0)
	found, total, next := p.cfg.Store.Deliveries(keep, before, pageSize)
	v.Rows, v.Total, v.Self = p.requestRows(found), total, address(before)
	if next > 0 {
		v.Older = address(next)
	}
	if before > 0 {
		v.Newest = address(0)
	}
	v.Losses = p.cfg.Store.Held().Discarded
	slices.SortStableFunc(v.Losses, func(a, b fakesentryclient.Discarded) int { return cmp.Compare(b.Quantity, a.Quantity) })
	render(w, http.StatusOK, "requests", v)
}

// requestRows returns rows for requests, newest first.
func (p *Pages) requestRows(found []*store.Delivery) []requestRow {
	rows := make([]requestRow, len(found))
	last := map[string]*store.Delivery{}
	for i, d := range slices.Backward(found) {
		rows[i] = p.requestRow(d)
		who := d.Request.Client + " " + d.Request.PublicKey
		if before := last[who]; before != nil {
			rows[i].Gap = gap(d.Request.Time.Sub(before.Request.Time))
		}
		last[who] = d
	}
	return rows
}

func (p *Pages) requestRow(d *store.Delivery) requestRow {
	r := d.Request
	row := requestRow{
		Delivery: d, Time: p.moment(r.Time), Client: cut(cmp.Or(r.Client, r.Header.Get("User-Agent"), "unknown client"), 100),
		Class: statusClass(r.Answer.Status), Carried: carried(d),
	}
	if d.Rejection != nil {
		row.Reason = cut(strings.Join(append([]string{d.Rejection.Reason}, d.Rejection.Causes...), ": "), 500)
	}
	return row
}

func statusClass(status int) string {
	switch {
	case status == 0:
		return "none"
	case status < 300:
		return "good"
	case status < 500 && status != http.StatusTooManyRequests:
		return "bad"
	case status == http.StatusTooManyRequests:
		return "limited"
	}
	return "failed"
}

// carried lists the items of a request.
func carried(d *store.Delivery) string {
	kinds := map[string]int{}
	for _, item := range d.Items {
		kinds[cut(item.Type, 40)]++
	}
	if len(d.Items) == 0 && len(d.Events) > 0 {
		kinds["event"] = len(d.Events)
	}
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if n := kinds[kind]; n > 1 {
			kind += " \u00d7 " + strconv.Itoa(n)
		}
		out = append(out, kind)
	}
	return cut(strings.Join(out, ", "), 200)
}

// requestView is the data of a request.
type requestView struct {
	requestRow
	Facts    []pair
	Headers  []pair
	Answer   []pair
	Body     string // of the answer
	Findings []sentrytest.Finding
}

type requestPage struct {
	frame
	Request requestView
	Text    string // the beginning of the decoded body; "" if it is not text
	Cut     bool
}

func (p *Pages) request(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	d, ok := p.cfg.Store.Delivery(seq)
	if err != nil || !ok {
		p.fail(w, r, http.StatusNotFound, "There is no request "+r.PathValue("seq")+", or it was deleted.")
		return
	}
	v := requestPage{frame: p.frame("Request "+r.PathValue("seq"), "requests"), Request: p.requestView(d)}
	v.Text, v.Cut = bodyText(d.Request)
	render(w, http.StatusOK, "request", v)
}
