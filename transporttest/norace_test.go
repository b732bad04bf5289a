//go:build !race

package transporttest_test

// exactly runs all cases over each broken transport, to see that no others fail
// than those that have to.
const exactly = true
