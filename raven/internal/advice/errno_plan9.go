package advice

import "syscall"

// Plan 9 has texts of its own in place of numbers. They are not told apart:
// these are found in no error.
const (
	connRefused     = syscall.ErrorString("ECONNREFUSED")
	connReset       = syscall.ErrorString("ECONNRESET")
	hostUnreachable = syscall.ErrorString("EHOSTUNREACH")
	netUnreachable  = syscall.ErrorString("ENETUNREACH")
)
