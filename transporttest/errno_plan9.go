package transporttest

import "syscall"

// connRefused stands for what Plan 9, which has no numbers for errors, says
// otherwise.
const connRefused = syscall.ErrorString("ECONNREFUSED")
