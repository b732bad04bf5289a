// Package fakesentryclient is a client for the HTTP API of the program
// fakesentry (sentrytest/cmd/fakesentry). It is for tests whose fake Sentry
// runs in another process: in a container, or next to a program in another
// language. Tests in Go that can run the fake in their own process use package
// sentrytest.
//
//	client, err := fakesentryclient.New(os.Getenv("FAKESENTRY_SERVER"))
//	tenant, err := client.CreateTenant(ctx, t.Name())
//	defer client.DeleteTenant(ctx, tenant.Key)
//	startProgram(tenant.DSN)
//	events, err := client.Wait(ctx, 1, fakesentryclient.Filter{Tenant: tenant.Key, Query: "level:error"})
//
// A tenant is a DSN for one test. The server keeps the events of each tenant
// apart, so any number of tests can share one server. [Client.Wait] returns as
// soon as the events are there. Its error lists what arrived instead. Queries
// have the syntax of the program's search, such as
//
//	level:>=warning release:1.* tag:shard=7 "card declined" -environment:dev
//
// The package needs only the standard library.
package fakesentryclient
