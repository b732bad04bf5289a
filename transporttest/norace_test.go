//go:build !race

package transporttest_test

const (
	// atOnce is how many broken transports are examined at a time. They do
	// little but wait.
	atOnce = 12
	// exactly runs all cases over each, to see that no others fail than those
	// that have to.
	exactly = true
)
