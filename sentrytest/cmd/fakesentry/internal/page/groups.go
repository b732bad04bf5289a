package page

import (
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// group is the events that Sentry would probably put into one issue, as
// sentrytest guesses.
type group struct {
	row               // of the newest event
	Events     int    // the number of events that match
	All        string // of the list of these events
	First      moment // arrival of the oldest event
	Why        string
	Components []string
}

// groups returns the groups of the events, newest event first, and the number
// before which the next page begins.
func (p *Pages) groups(events []*store.Event, at place) (page []group, next int64) {
	counts, oldest := map[string]int{}, map[string]*store.Event{}
	var newest []*store.Event
	for _, e := range events {
		if counts[e.Group] == 0 {
			newest = append(newest, e)
		}
		counts[e.Group]++
		oldest[e.Group] = e
	}
	for _, e := range newest {
		if at.before > 0 && e.Seq >= at.before {
			continue
		}
		if len(page) == pageSize {
			return page, page[pageSize-1].Seq
		}
		why := e.Contents().GroupingPreview()
		query := withTerm(at.query, term("group", e.Group))
		page = append(page, group{
			row: p.row(e, query), Events: counts[e.Group], All: place{query: query}.url(), First: p.moment(oldest[e.Group].Received),
			Why: why.Why, Components: why.Components[:min(len(why.Components), maxList)],
		})
	}
	return page, 0
}
