package sentrytest

// TB is the part of [testing.TB] that this package uses. *testing.T,
// *testing.B, *testing.F and Ginkgo's GinkgoTB() satisfy it. With an interface
// of this package, programs that embed a fake server do not link package
// testing and its flags.
//
// This package calls a TB only from the goroutine that called into it and from
// Cleanup functions, never from a handler of the server.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
}
