// Package transporttest helps to test what goes through a transport, and
// transports.
//
// # Recording
//
// A [Recorder] is a transport that keeps what it is handed. [Registry] leads
// the schemes of one client to it, [Swap] those of the default registry, so
// that code which makes its own client from a DSN can be tested as it is:
//
//	rec := transporttest.NewRecorder()
//	client, err := raven.New(dsn, raven.WithRegistry(transporttest.Registry(rec)))
//
// The predicates and Require functions of package sentrytest take a Recorder as
// they take a server. A Recorder sees packets before any of it is encoded for
// the wire; to test the delivery itself, use a sentrytest.Server. What the code
// under test does about failures, [Inject] shows: it puts mishaps into any
// transport.
//
// # Proving a transport
//
// The comments of transport.Transport, transport.AsyncTransport and
// transport.Holder are rules, and the conformance suite holds a transport to
// them: callbacks that run exactly once whatever happens, time-outs,
// certificates, bodies and headers byte for byte, kept connections, rate
// limits, outages that are waited out, Flush and Close under load and under a
// server that hangs, no goroutine and no socket left. Any transport can be held
// to them in one line of a test:
//
//	func TestConformance(t *testing.T) {
//		transporttest.Test(t, transporttest.Harness{Scheme: "sync"})
//	}
//
// The [Harness] says how to get at the transport: by the name in its scheme,
// from the default registry or another one, or by a function. [Test] takes
// *testing.T and makes each [Case] a subtest; it takes Ginkgo's GinkgoT() as
// well. [Check] needs no test at all. [Cases] is the table itself.
//
// Cases find out what a transport is by opening it: those that are about
// callbacks apply to a transport.AsyncTransport only, those that are about
// queues to transports with the options of a queue, and so on; what does not
// apply is logged. To a transport.Holder whose Watch returns true a failed
// attempt is no outcome: cases about failures ask Send, or ask that the packet
// is delivered in the end. Whatever else a transport can't or won't do is named
// in Harness.Skip, with the reason.
//
// The suite needs nothing but loopback, and in a testing/synctest bubble not
// even that: there Harness.Network replaces the sockets, and what waits for
// time-outs takes no time. The cases of a Holder that take minutes or an hour
// run only there. On sockets the suite does not measure: the times it waits are
// bounds, and Harness.Patience sets them.
package transporttest
