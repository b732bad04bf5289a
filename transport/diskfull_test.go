//go:build !plan9

package transport_test

import "syscall"

var errDiskFull error = syscall.ENOSPC
