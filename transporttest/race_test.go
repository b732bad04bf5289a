//go:build race

package transporttest_test

// The race detector makes a processor a tenth of one. It is to look at the
// suite's own code, for which the cases do that must fail; that no others do is
// shown without it.
const exactly = false
