//go:build unix

package transport

import "syscall"

// atOnce is a flag for opening a file. Without it, opening a named pipe waits
// until a process reads from it.
const atOnce = syscall.O_NONBLOCK
