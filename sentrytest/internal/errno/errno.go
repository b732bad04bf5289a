//go:build !plan9

// Package errno has the errors that systems report about connections and
// addresses. Package syscall has them under these names on every system but
// Plan 9.
//
// It must know nothing but package syscall.
package errno

import "syscall"

// The errors, each with the name that POSIX gives it.
const (
	AddressInUse = syscall.EADDRINUSE
	BrokenPipe   = syscall.EPIPE
	ConnRefused  = syscall.ECONNREFUSED
	ConnReset    = syscall.ECONNRESET
)
