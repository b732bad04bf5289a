// Package ravenhttp connects net/http with the client: [Middleware] for
// servers, [NewTransport] for clients.
//
//	handler := ravenhttp.Middleware(client)(mux)
//
// Every request then has a raven.Context of its own: what a handler captures
// with the request's context says which request it was, and has the tags, the
// user and the breadcrumbs of that request alone. A panic is reported and goes
// on, so that net/http, or whatever stands in front, treats it as before.
package ravenhttp
