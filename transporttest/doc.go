// Package transporttest helps to test what goes through a transport.
//
// A [Recorder] is a transport that keeps what it is handed. [Registry] leads
// the schemes of one client to it, [Swap] those of the default registry, so
// that code which makes its own client from a DSN can be tested as it is:
//
//	rec := transporttest.NewRecorder()
//	client, err := raven.New(dsn, raven.WithRegistry(transporttest.Registry(rec)))
//
// The predicates and Require functions of package sentrytest take a Recorder
// as they take a server. A Recorder sees packets before any of it is encoded
// for the wire; to test the delivery itself, use a sentrytest.Server.
package transporttest
