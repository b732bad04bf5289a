package advice

import "syscall"

// Plan 9 has texts instead of error numbers. They are not distinguished: no
// error contains these.
const (
	connRefused     = syscall.ErrorString("ECONNREFUSED")
	connReset       = syscall.ErrorString("ECONNRESET")
	hostUnreachable = syscall.ErrorString("EHOSTUNREACH")
	netUnreachable  = syscall.ErrorString("ENETUNREACH")
)
