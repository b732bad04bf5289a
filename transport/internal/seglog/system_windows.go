package seglog

import (
	"errors"
	"syscall"
)

const (
	handleDiskFull = syscall.Errno(39)
	diskFull       = syscall.Errno(112)
)

// syncDir does nothing: Windows writes directories itself.
func syncDir(string) error { return nil }

// IsFull reports whether an error says that the disk is full, so that removing
// a file may help.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, diskFull) || errors.Is(err, handleDiskFull)
}
