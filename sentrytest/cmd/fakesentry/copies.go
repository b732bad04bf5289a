package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// distinct removes the events that came through Spotlight and through the DSN.
// SDKs that find SENTRY_SPOTLIGHT send every envelope both ways, but the
// program reported one event.
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

func bySpotlight(e *store.Event) bool { return toSpotlight(e.Delivery) }

func toSpotlight(d *store.Delivery) bool { return strings.Trim(d.Request.Path, "/") == "stream" }

// withoutCopies removes the deliveries to Spotlight whose items came through
// the DSN too.
func withoutCopies(all []*store.Delivery) []*store.Delivery {
	byDSN := map[string]bool{}
	for _, d := range all {
		if !toSpotlight(d) {
			byDSN[payloads(d)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(d *store.Delivery) bool { return toSpotlight(d) && byDSN[payloads(d)] })
}

// payloads returns the parts of an envelope that its copies share. Clients
// write new headers for each copy.
func payloads(d *store.Delivery) string {
	var b strings.Builder
	envelope, _ := d.Envelope()
	for _, item := range envelope.Items {
		fmt.Fprintf(&b, "%s %d\n%s\n", item.Type, len(item.Payload), item.Payload)
	}
	return b.String()
}
