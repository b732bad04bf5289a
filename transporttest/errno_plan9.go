package transporttest

import "syscall"

// connRefused stands for the error of a refused connection. Plan 9 has no
// numbers for errors.
const connRefused = syscall.ErrorString("ECONNREFUSED")
