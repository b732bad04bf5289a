// Package api is the HTTP API of fakesentry: its own under /api/v1/, described by the OpenAPI document that it serves;
// the addresses of Kent; and Spotlight's /stream. What it sends is described by the types of package fakesentryclient.
//
// [API.Handler] is what a server puts around its ingest. Whatever is no address of the API goes to the page. Everything
// but ingest is for the server's own origin alone, and for those that are allowed; see [Guard].
package api
