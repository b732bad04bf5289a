// Package sentryhttpmock puts the fake Sentry of package sentrytest behind a *httpmock.MockTransport, for tests that mock
// their HTTP with github.com/jarcoal/httpmock already and want Sentry to be part of it.
//
//	mock, srv := sentryhttpmock.New(t)
//	mock.RegisterResponder("GET", "https://api.example.com/", httpmock.NewStringResponder(200, "{}"))
//	client := &http.Client{Transport: mock}
//	// … code under test uses client, and reports to srv.DSN() …
//	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("boom"))
//
// No socket is opened. Requests reach the server over connections in memory, so that records, scripts, rules, resets,
// truncated answers and Down work as they do over a network. The mock is a value of the test's own: httpmock's global
// transport is never touched, and tests may run in parallel.
//
// A client that takes an http.RoundTripper, such as one made by resty, takes the mock. A client with an HTTP of its own,
// such as one on fasthttp, can't use it.
package sentryhttpmock
