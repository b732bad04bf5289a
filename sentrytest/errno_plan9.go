package sentrytest

import "syscall"

// Plan 9 has texts of its own in place of numbers. The network without sockets
// fails with these; they are found in no error of the system.
const (
	addressInUse = syscall.ErrorString("EADDRINUSE")
	brokenPipe   = syscall.ErrorString("EPIPE")
	connRefused  = syscall.ErrorString("ECONNREFUSED")
	connReset    = syscall.ErrorString("ECONNRESET")
)
