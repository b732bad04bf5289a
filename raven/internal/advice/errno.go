//go:build !plan9

package advice

import "syscall"

// Errors of a connection.
const (
	connRefused     = syscall.ECONNREFUSED
	connReset       = syscall.ECONNRESET
	hostUnreachable = syscall.EHOSTUNREACH
	netUnreachable  = syscall.ENETUNREACH
)
