package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// eventView is the data of an event's page.
type eventView struct {
	frame
	Level, Culprit     string
	Time               moment
	Query              string // the query of the list, for the neighbours
	List, Older, Newer string // addresses; "" if there is none
	Number             int64
	EventID            string
	Heading, Detail    string // the type and the value of the error, or the message
	Message            string // if the heading does not contain it

	Facts       []pair
	Findings    []sentrytest.Finding
	Problems    []sentrytest.Problem
	Grouping    sentrytest.Grouping
	GroupURL    string
	Exceptions  []exceptionView
	Threads     []threadView
	Breadcrumbs []breadcrumbView
	Earlier     int // breadcrumbs that are not shown
	Tags        []tagView
	User        []pair
	HTTP        *httpView
	Contexts    []contextView
	Extra       []pair
	Modules     []pair
	More        []pair // attributes without a section
	Attachments []fileView
	Request     requestView
	Timing      []timing

	Raw     string
	RawSize int
	RawCut  bool
	RawURL  string
	SaveURL string
}

// pair is a name and its value.
type pair struct {
	Name  string
	Value value
}

type tagView struct {
	Name, Value, URL string // of the list of events with this tag
}

type contextView struct {
	Name  string
	Pairs []pair
}

type breadcrumbView struct {
	sentrytest.Breadcrumb
	Time moment
	Gap  string // to the event
}

// timing is one step of an event's way to the server.
type timing struct {
	What string
	Time moment
	Gap  string // since the previous step
}

func (p *Pages) eventView(e *store.Event) eventView {
	c := e.Contents()
	d := e.Delivery
	v := eventView{
		frame: p.frame(cut(e.Title, 120), "events"), Level: e.Level, Culprit: cut(e.Culprit, 300), Time: p.moment(e.Received), Number: e.Seq, EventID: e.EventID,
		Findings: c.Findings(), Problems: c.Problems, Grouping: c.GroupingPreview(), GroupURL: place{query: term("group", e.Group)}.url(),
		Breadcrumbs: p.breadcrumbs(c), Earlier: max(len(c.Breadcrumbs)-maxList, 0), Tags: tags(c.Tags), User: user(c.User), HTTP: httpRequest(c.Request), Contexts: contexts(c.Contexts),
		Extra: pairs(c.Extra), Modules: pairs(c.Modules), More: more(c), Attachments: attachments(e), Request: p.requestView(d), RawSize: len(e.Raw()),
	}
	v.Heading, v.Detail, v.Message = headings(c)
	v.Facts = eventFacts(e, c)
	v.Exceptions, v.Threads = exceptions(c), threads(c)
	v.Timing = p.timing(e, c)
	api := fmt.Sprintf("/api/v1/events/%d/raw", e.Seq)
	v.RawURL, v.SaveURL = api, api+"?download=1"
	raw := indented(e.Raw())
	v.Raw = cut(raw, maxRaw)
	v.RawCut = len(v.Raw) < len(raw)
	return v
}

// headings returns the heading of an event, and the message if the heading does
// not contain it.
func headings(c sentrytest.Event) (heading, detail, message string) {
	message = cut(c.Message, maxValue)
	if n := len(c.Exceptions); n > 0 {
		x := c.Exceptions[n-1]
		return cut(cmp.Or(x.Type, "Exception"), 300), cut(x.Value, maxValue), message
	}
	first, rest, _ := strings.Cut(message, "\n")
	return cmp.Or(cut(first, 300), "An event without message or exception"), strings.TrimSpace(first[len(cut(first, 300)):] + "\n" + rest), ""
}

func eventFacts(e *store.Event, c sentrytest.Event) []pair {
	return facts([][2]string{
		{"Event ID", e.EventID},
		{"Type", c.Type},
		{"Project", e.ProjectID},
		{"Environment", c.Environment},
		{"Release", c.Release},
		{"Dist", c.Dist},
		{"Platform", c.Platform},
		{"SDK", e.SDK.Name + " " + e.SDK.Version},
		{"Server", c.ServerName},
		{"Logger", c.Logger},
		{"Transaction", c.Transaction},
		{"Culprit", c.Culprit},
		{"Fingerprint", strings.Join(c.Fingerprint, ", ")},
		{"Template", templateOf(c)},
	})
}

// facts returns the names that have a value.
func facts(list [][2]string) []pair {
	var out []pair
	for _, f := range list {
		if text := strings.TrimSpace(f[1]); text != "" {
			out = append(out, pair{f[0], value{Text: cut(text, 1000)}})
		}
	}
	return out
}

// templateOf returns the message without its parameters, or "".
func templateOf(c sentrytest.Event) string {
	switch l := c.LogEntry; {
	case l.Params != nil:
		return l.Message + "  " + compact(l.Params)
	case l.Named != nil:
		return l.Message + "  " + compact(l.Named)
	}
	return ""
}

// timing returns the steps from the event to the server. The clocks of two
// machines may differ.
func (p *Pages) timing(e *store.Event, c sentrytest.Event) []timing {
	steps := []struct {
		what string
		at   time.Time
	}{{"happened", c.Timestamp}, {"sent", time.Time{}}, {"received", e.Received}}
	if envelope, ok := e.Delivery.Envelope(); ok {
		steps[1].at = envelope.SentAt
	}
	var (
		out    []timing
		before time.Time
	)
	for _, s := range steps {
		if s.at.IsZero() {
			continue
		}
		t := timing{What: s.what, Time: p.moment(s.at)}
		t.Time.Text = s.at.In(p.cfg.Zone).Format("15:04:05.000")
		if !before.IsZero() {
			t.Gap = gap(s.at.Sub(before))
		}
		before = s.at
		out = append(out, t)
	}
	return out
}

func (p *Pages) breadcrumbs(c sentrytest.Event) []breadcrumbView {
	crumbs := c.Breadcrumbs[max(len(c.Breadcrumbs)-maxList, 0):]
	var out []breadcrumbView
	for _, b := range crumbs {
		v := breadcrumbView{Breadcrumb: b, Time: p.moment(b.Timestamp)}
		if !b.Timestamp.IsZero() && !c.Timestamp.IsZero() {
			v.Gap = gap(b.Timestamp.Sub(c.Timestamp))
		}
		out = append(out, v)
	}
	return out
}

func pairs[V any](m map[string]V) []pair {
	var out []pair
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(out) == maxList {
			break
		}
		out = append(out, pair{name, show(m[name])})
	}
	return out
}

func tags(m map[string]string) []tagView {
	var out []tagView
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(out) == maxList {
			break
		}
		out = append(out, tagView{name, cut(m[name], 1000), place{query: term("tag", name+"="+m[name])}.url()})
	}
	return out
}

func user(u sentrytest.User) []pair {
	var out []pair
	for _, f := range [][2]string{{"id", u.ID}, {"username", u.Username}, {"email", u.Email}, {"name", u.Name}, {"ip_address", u.IPAddress}} {
		if f[1] != "" {
			out = append(out, pair{f[0], show(f[1])})
		}
	}
	return slices.Concat(out, pairs(u.Other), pairs(u.Data))
}

// contexts returns the contexts by name. The trace is first, because it links
// to other data.
func contexts(m map[string]map[string]any) []contextView {
	names := slices.Sorted(maps.Keys(m))
	if i := slices.Index(names, "trace"); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "trace")
	}
	var out []contextView
	for _, name := range names[:min(len(names), maxList)] {
		fields := maps.Clone(m[name])
		if fields["type"] == name {
			delete(fields, "type")
		}
		out = append(out, contextView{name, pairs(fields)})
	}
	return out
}

// more returns the attributes without a section.
func more(c sentrytest.Event) []pair {
	var out []pair
	if c.TimeSpent != nil {
		out = append(out, pair{"time_spent", show(fmt.Sprintf("%d ms", *c.TimeSpent))})
	}
	if c.Template != nil {
		out = append(out, pair{"template", show(fmt.Sprintf("%s:%d", c.Template.Filename, c.Template.Lineno))})
	}
	for _, e := range c.Errors {
		out = append(out, pair{"error noted by the sender", show(e)})
	}
	for name, m := range map[string]map[string]any{"debug_meta": c.DebugMeta, "report": c.Report, "measurements": c.Measurements} {
		if len(m) > 0 {
			out = append(out, pair{name, show(m)})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
