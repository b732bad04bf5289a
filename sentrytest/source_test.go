package sentrytest_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// filtered is a server of which a test hides some events.
type filtered struct {
	*sentrytest.Server
	claimed int
}

func (f *filtered) Events() []sentrytest.Event {
	return slices.DeleteFunc(f.Server.Events(), func(e sentrytest.Event) bool { return e.Message == "hidden" })
}

func (f *filtered) Claim(events ...sentrytest.Event) {
	f.claimed += len(events)
	f.Server.Claim(events...)
}

func TestMethodsOfATypeThatEmbedsAServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := &filtered{Server: sentrytest.NewServer(t, sentrytest.InMemory())}
	store(t, srv.Server, `{"event_id":"`+eventID(1)+`","message":"hidden"}`)
	store(t, srv.Server, `{"event_id":"`+eventID(2)+`","message":"seen"}`)
	failures, _ := run(t, func(tb *fakeTB) {
		sentrytest.RequireNoLoss(tb, book{outcomes: map[string]string{eventID(1): "delivered", eventID(2): "delivered"}}, srv)
	})
	g.Expect(failures).To(And(ContainSubstring("1 of 2 events lost"), ContainSubstring(eventID(1))))
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("seen"))
	g.Expect(srv.claimed).To(Equal(1))
}
