//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

// Supported reports whether the system has locks.
const Supported = false

// Open fails: without locks, processes would use each other's files.
func Open(path string) (*os.File, error) {
	return nil, &os.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
}

// Held returns false.
func Held(string) (bool, error) { return false, nil }
