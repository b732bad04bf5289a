//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package crash

import (
	"errors"
	"os"
	"syscall"
)

// openLocked opens a file for this process alone; errLocked if another process
// has it. The runtime's copy of the file holds the lock too.
func openLocked(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close() // nothing was written
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}
