//go:build race

package host_test

// burst is the number of events in the test of bounds. The race detector makes
// each event many times slower.
const burst = 5_000
