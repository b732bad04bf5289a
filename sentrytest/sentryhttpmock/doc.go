// Package sentryhttpmock puts the fake Sentry of package sentrytest behind a
// *httpmock.MockTransport. It is for tests that already mock HTTP with
// github.com/jarcoal/httpmock.
//
//	mock, srv := sentryhttpmock.New(t)
//	mock.RegisterResponder("GET", "https://api.example.com/", httpmock.NewStringResponder(200, "{}"))
//	client := &http.Client{Transport: mock}
//	// … code under test uses client, and reports to srv.DSN() …
//	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("boom"))
//
// The package opens no socket. Requests reach the server over connections in
// memory, so records, scripts, rules, resets, truncated answers and Down work
// as they do over a network. New makes a new mock and never touches httpmock's
// global transport, so tests may run in parallel.
//
// Any client that accepts an http.RoundTripper can use the mock, for example
// one made by resty. A client with its own HTTP implementation, such as
// fasthttp, can't.
package sentryhttpmock
