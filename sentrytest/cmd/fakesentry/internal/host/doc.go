// Package host combines the parts of fakesentry: a sentrytest.Server, the store
// for its events, the API, and the page for all other addresses.
package host
