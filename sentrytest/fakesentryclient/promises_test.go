package fakesentryclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// A wait that ends early returns the events that matched. Its error shows the
// newest of the tenant's other events.
func TestWaitErrorListsOtherEvents(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c, err := fakesentryclient.New(program.url)
	g.Expect(err).NotTo(HaveOccurred())
	mine, err := c.CreateTenant(t.Context(), "mine")
	g.Expect(err).NotTo(HaveOccurred())
	theirs, err := c.CreateTenant(t.Context(), "theirs")
	g.Expect(err).NotTo(HaveOccurred())
	for i := range 12 {
		report(mine.DSN, fmt.Sprintf(`{"message":"other %d"}`, i))
	}
	report(mine.DSN, `{"message":"wanted 1"}`)
	report(theirs.DSN, `{"message":"wanted by others"}`)
	report(mine.DSN, `{"message":"wanted 2"}`)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	events, err := c.Wait(ctx, 3, fakesentryclient.Filter{Tenant: mine.Key, Query: "wanted"})
	var early *fakesentryclient.WaitError
	g.Expect(errors.As(err, &early)).To(BeTrue())
	g.Expect(err).To(MatchError(context.Canceled))
	titles := func(events []fakesentryclient.Event) (list []string) {
		for _, e := range events {
			list = append(list, e.Title)
		}
		return list
	}
	g.Expect(titles(events)).To(Equal([]string{"wanted 1", "wanted 2"}), "the oldest first")
	g.Expect(early.Arrived).To(Equal(events))
	want := []string{}
	for i := 11; i >= 2; i-- {
		want = append(want, fmt.Sprint("other ", i))
	}
	g.Expect(titles(early.Others)).To(Equal(want), "ten, the newest first")

	events, err = c.Wait(ctx, 2, fakesentryclient.Filter{Tenant: mine.Key, Query: "wanted"})
	g.Expect(err).NotTo(HaveOccurred(), "earlier events count")
	g.Expect(events).To(HaveLen(2))
}

// A stream begins with everything in the store, after an ID, or now.
func TestStartOfAStream(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c, err := fakesentryclient.New(program.url)
	g.Expect(err).NotTo(HaveOccurred())
	tenant, err := c.CreateTenant(t.Context(), "streams")
	g.Expect(err).NotTo(HaveOccurred())
	f := fakesentryclient.Filter{Tenant: tenant.Key}
	report(tenant.DSN, `{"message":"one"}`)
	report(tenant.DSN, `{"message":"two"}`)

	var got []fakesentryclient.News
	g.Expect(c.Stream(t.Context(), f, 0, func(n fakesentryclient.News) bool {
		got = append(got, n)
		return len(got) < 2
	})).To(Succeed())
	g.Expect([]string{got[0].Event.Title, got[1].Event.Title}).To(Equal([]string{"one", "two"}))

	g.Expect(c.Stream(t.Context(), f, got[0].ID, func(n fakesentryclient.News) bool {
		g.Expect(n.Event.Title).To(Equal("two"))
		return false
	})).To(Succeed())

	ended, first := make(chan error, 1), ""
	go func() {
		ended <- c.Stream(t.Context(), f, fakesentryclient.Now, func(n fakesentryclient.News) bool {
			first = n.Event.Title
			return false
		})
	}()
	for over := false; !over; { // until the stream has begun
		report(tenant.DSN, `{"message":"later"}`)
		select {
		case err = <-ended:
			over = true
		default:
		}
	}
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(first).To(Equal("later"))
}
