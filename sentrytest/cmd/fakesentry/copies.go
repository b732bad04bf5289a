package main

import (
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// distinct returns the events without those of Spotlight that have come by the DSN as well: SDKs that find
// SENTRY_SPOTLIGHT send every envelope both ways, and it is one event of the program.
func distinct(all []*store.Event) []*store.Event {
	byDSN := map[string]bool{}
	for _, e := range all {
		if !bySpotlight(e) {
			byDSN[e.EventID] = true
		}
	}
	var out []*store.Event
	for _, e := range all {
		if !bySpotlight(e) || !byDSN[e.EventID] {
			out = append(out, e)
		}
	}
	return out
}

func bySpotlight(e *store.Event) bool { return strings.Trim(e.Delivery.Request.Path, "/") == "stream" }
