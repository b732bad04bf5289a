//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is how long this process has had a processor, in user code and
// in the system's.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
