// Package sentrymatchers has Gomega matchers for the events of package
// sentrytest. They take the same predicates as sentrytest's Require functions.
// Their failure messages are the same too: what was expected, what arrived (the
// closest first), and what the server refused.
//
//	import . "github.com/ravenkit/ravenkit/sentrytest/sentrymatchers"
//
//	Eventually(srv).Should(HaveCaptured(sentrytest.HasMessage("boom")))
//	Consistently(srv).ShouldNot(HaveCaptured(sentrytest.HasLevel("fatal")))
//	Expect(srv.Events()).To(ContainEvent(sentrytest.HasTag("shard", "7")))
//	Expect(event).To(BeEvent(sentrytest.HasException("*net.OpError", "no route")))
//
// [HaveCaptured] is for a sentrytest.Source: a server, a tenant or a recorder.
// It reads the events again on each call, so Eventually and Consistently take
// the source itself. [ContainEvent] is for a list of events, [BeEvent] for one
// event.
package sentrymatchers
