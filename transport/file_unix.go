//go:build unix

package transport

import "syscall"

// atOnce is a flag for opening a file: without it, a named pipe is opened when
// somebody reads from it, and not before.
const atOnce = syscall.O_NONBLOCK
