//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package crash

import (
	"errors"
	"os"
)

// openLocked fails: without locks, processes would use each other's files.
func openLocked(path string) (*os.File, error) {
	return nil, &os.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
}
