package errno

import "syscall"

// Plan 9 has texts of its own in place of numbers. The network without sockets
// fails with these; they are found in no error of the system.
const (
	AddressInUse = syscall.ErrorString("EADDRINUSE")
	BrokenPipe   = syscall.ErrorString("EPIPE")
	ConnRefused  = syscall.ErrorString("ECONNREFUSED")
	ConnReset    = syscall.ErrorString("ECONNRESET")
)
