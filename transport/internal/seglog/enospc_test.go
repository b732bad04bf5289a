//go:build !plan9

package seglog_test

import "syscall"

// enospc is the error of a full disk.
var enospc error = syscall.ENOSPC
