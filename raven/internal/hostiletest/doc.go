// Package hostiletest fuzzes the client, its middleware and all adapters with
// values whose methods panic, log or never end. It is a module of its own,
// since it needs every logging library.
package hostiletest
