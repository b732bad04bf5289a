// Package fakesentryclient is a client for the HTTP API of the program fakesentry (sentrytest/cmd/fakesentry): for tests
// whose fake Sentry runs beside them, in a container or next to a program in another language. Tests that can have
// their fake in process use package sentrytest itself.
//
//	client, err := fakesentryclient.New(os.Getenv("FAKESENTRY_SERVER"))
//	tenant, err := client.CreateTenant(ctx, t.Name())
//	defer client.DeleteTenant(ctx, tenant.Key)
//	startProgram(tenant.DSN)
//	events, err := client.Wait(ctx, 1, fakesentryclient.Filter{Tenant: tenant.Key, Query: "level:error"})
//
// A tenant is a DSN of one's own: whoever sends to it is told apart from everybody else on the same server, so that any
// number of tests can share one. [Client.Wait] returns as soon as the events are there, and its error says what arrived
// instead. Queries are those of the program's search, such as
//
//	level:>=warning release:1.* tag:shard=7 "card declined" -environment:dev
//
// The package needs nothing but the standard library.
package fakesentryclient
