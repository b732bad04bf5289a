//go:build race

package host_test

// burst is how many events the test of bounds sends: the race detector makes each many times slower.
const burst = 5_000
