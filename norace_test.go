//go:build !race

package ravenkit_test

// slowness is how much longer a process takes with the race detector.
const slowness = 1
