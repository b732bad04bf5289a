package errno

import "syscall"

// Plan 9 has texts in place of numbers. The network without sockets fails with
// these; no error of the system has them.
const (
	AddressInUse = syscall.ErrorString("EADDRINUSE")
	BrokenPipe   = syscall.ErrorString("EPIPE")
	ConnRefused  = syscall.ErrorString("ECONNREFUSED")
	ConnReset    = syscall.ErrorString("ECONNRESET")
)
