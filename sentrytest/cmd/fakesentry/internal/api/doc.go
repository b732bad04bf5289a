// Package api is the HTTP API of fakesentry. It serves its own addresses under
// /api/v1/, with an OpenAPI document that describes them, the addresses of
// Kent, and Spotlight's /stream. The types of package fakesentryclient describe
// its answers.
//
// [API.Handler] combines ingest, the API and the page. Other addresses than
// those of ingest and the API go to the page. Everything except ingest is open
// only to programs, to the server's own origin and to allowed origins; see
// [Guard].
package api
