// Package sentrymatchers has Gomega matchers for the events of package sentrytest. They take the same predicates as its
// Require functions and fail with the same messages: what was wanted, what arrived, closest first, and what was refused.
//
//	import . "github.com/ravenkit/ravenkit/sentrytest/sentrymatchers"
//
//	Eventually(srv).Should(HaveCaptured(sentrytest.HasMessage("boom")))
//	Consistently(srv).ShouldNot(HaveCaptured(sentrytest.HasLevel("fatal")))
//	Expect(srv.Events()).To(ContainEvent(sentrytest.HasTag("shard", "7")))
//	Expect(event).To(BeEvent(sentrytest.HasException("*net.OpError", "no route")))
//
// [HaveCaptured] is for everything that events can be asked of, a sentrytest.Source: a server, a tenant, a recorder. It reads
// the events anew whenever it is asked, so that Eventually and Consistently take the source itself. [ContainEvent] is for
// a list of events, and [BeEvent] for one.
package sentrymatchers
