// Package host puts the parts of fakesentry together: a sentrytest.Server, the store that its events go to, and around
// ingest whatever the program offers besides: the API, and the page at all other addresses.
package host
