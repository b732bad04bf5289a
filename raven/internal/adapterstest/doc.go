// Package adapterstest tests the adapters of all logging libraries side by side.
// It is a module of its own: each adapter is one, and this needs them all.
package adapterstest
