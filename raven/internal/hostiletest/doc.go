// Package hostiletest fuzzes the client, its middleware and all adapters with
// values whose methods panic, log or end the goroutine, and with endless
// values. It is its own module because it needs every logging library.
package hostiletest
