//go:build !race

package transporttest_test

// exactly: check that each broken transport fails no other cases than those
// named.
const exactly = true
