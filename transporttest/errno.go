//go:build !plan9

package transporttest

import "syscall"

// connRefused is what a system says where nobody listens.
const connRefused = syscall.ECONNREFUSED
