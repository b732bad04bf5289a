// Package transporttest helps to test code that sends through a transport, and
// transports themselves.
//
// # Recording
//
// A [Recorder] is a transport that keeps every packet. [Registry] returns a
// registry whose schemes all lead to it; [Swap] does that for the default
// registry. So code that makes its own client from a DSN can be tested without
// changes:
//
//	rec := transporttest.NewRecorder()
//	client, err := raven.New(dsn, raven.WithRegistry(transporttest.Registry(rec)))
//
// The predicates and Require functions of package sentrytest take a Recorder as
// well as a server. A Recorder sees packets before they are encoded for the
// wire; to test the delivery itself, use a sentrytest.Server. [Inject] adds
// failures to any transport, to test how code handles them.
//
// # Conformance
//
// The comments of transport.Transport, transport.AsyncTransport and
// transport.Holder are rules, and the conformance suite checks them: callbacks
// that run exactly once in every case, time-outs, certificates, bodies and
// headers byte for byte, kept connections, rate limits, outages, Flush and
// Close under load and with a server that hangs, no goroutine and no socket
// left. One line of a test checks a transport:
//
//	func TestConformance(t *testing.T) {
//		transporttest.Test(t, transporttest.Harness{Scheme: "sync"})
//	}
//
// The [Harness] says where the transport is: under the name in its scheme, in
// the default registry or another one, or in a function. [Test] takes
// *testing.T and makes each [Case] a subtest; it takes Ginkgo's GinkgoT() as
// well. [Check] needs no test. [Cases] is the table itself.
//
// Cases open the transport to find out what it is. Cases about callbacks apply
// to a transport.AsyncTransport only, cases about queues to transports with the
// options of a queue, and so on. Cases that do not apply are logged. For a
// transport.Holder whose Watch returns true, a failed attempt is no outcome:
// cases about failures use Send, or check that the packet is delivered in the
// end. If a transport can't or won't do something, name the case in
// Harness.Skip, with the reason.
//
// The suite needs only loopback, and in a testing/synctest bubble not even
// that: there Harness.Network replaces the sockets, and waiting for time-outs
// takes no time. The cases of a Holder that take minutes or an hour run only
// there. On sockets the suite does not measure times: it only limits them, and
// Harness.Patience sets the limit.
package transporttest
