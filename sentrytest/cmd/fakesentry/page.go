package main

import (
	"net/http"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/page"
)

// browserPage is the page that a host serves to browsers.
func browserPage(h *host.Host) api.Page {
	return page.New(page.Config{
		Store:    h.Store,
		Faults:   func() api.Faults { return h.Server },
		DSN:      func(r *http.Request) string { return h.RequestDSN(r, host.Key, host.Project) },
		TLSDSN:   func(r *http.Request) string { return h.RequestTLSDSN(r, host.Key, host.Project) },
		Lifetime: h.Lifetime(),
		Version:  raven.Version,
	})
}
