// Package ravenhttp connects net/http with the client: [Middleware] for
// servers, [NewTransport] for clients.
//
//	handler := ravenhttp.Middleware(client)(mux)
//
// Every request then has a raven.Context of its own. Events that a handler
// captures with the request's context describe the request, and have only its
// tags, user and breadcrumbs. A panic is reported and continues, so that
// net/http, or a handler in front, treats it as before.
package ravenhttp
