//go:build !plan9

package advice

import "syscall"

// What a system says of a connection.
const (
	connRefused     = syscall.ECONNREFUSED
	connReset       = syscall.ECONNRESET
	hostUnreachable = syscall.EHOSTUNREACH
	netUnreachable  = syscall.ENETUNREACH
)
