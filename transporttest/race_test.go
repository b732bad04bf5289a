//go:build race

package transporttest_test

// exactly is false here because the race detector is ten times slower. It only
// needs the cases that must fail, for the code of the suite.
const exactly = false
