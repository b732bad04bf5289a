//go:build !race

package host_test

// burst is how many events the test of bounds sends.
const burst = 100_000
