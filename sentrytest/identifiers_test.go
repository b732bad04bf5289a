package sentrytest_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Any spelling of a UUID is an event id, and nothing else is.
func TestEventIDs(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	for id, ok := range map[string]bool{
		vectorID:                                        true,
		"FC6D8C0C43FC4630AD850EE518F1B9D0":              true,
		"fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0":          true,
		"{fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0}":        true,
		"urn:uuid:fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0": true,
		"":                                     false,
		"fc6d8c0c43fc4630ad850ee518f1b9d":      false,
		"gc6d8c0c43fc4630ad850ee518f1b9d0":     false,
		"fc6d8c0c43-fc-4630-ad85-0ee518f1b9d0": false,
	} {
		g := NewWithT(t)
		srv.Clear()
		r := store(t, srv, fmt.Sprintf(`{"event_id":%q}`, id))
		if !ok {
			g.Expect(r.Status).To(Equal(400), id)
			continue
		}
		g.Expect(r.Body).To(Equal(`{"id":"`+vectorID+`"}`), id)
		sentrytest.RequireEvent(t, srv, sentrytest.HasEventID(id), sentrytest.HasEventID(vectorID))
	}
}

// Ids that the server makes up are random UUIDs of version 4.
func TestMadeUpEventIDs(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	seen := map[string]bool{}
	for range 50 {
		store(t, srv, "{}")
	}
	for _, e := range srv.Events() {
		g.Expect(e.EventID).To(MatchRegexp(`^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$`))
		seen[e.EventID] = true
	}
	g.Expect(seen).To(HaveLen(50))
}
