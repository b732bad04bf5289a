//go:build !plan9

package sentrytest

import "syscall"

// What a system says of connections and addresses.
const (
	addressInUse = syscall.EADDRINUSE
	brokenPipe   = syscall.EPIPE
	connRefused  = syscall.ECONNREFUSED
	connReset    = syscall.ECONNRESET
)
