//go:build !race

package host_test

// burst is the number of events in the test of bounds.
const burst = 100_000
