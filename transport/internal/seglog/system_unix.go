//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package seglog

import (
	"errors"
	"os"
	"syscall"
)

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	_ = dir.Close() // only opened to sync
	if errors.Is(err, syscall.EINVAL) {
		return nil // the file system has no sync of directories
	}
	return err
}

// IsFull reports whether an error says that the disk is full, so that removing
// a file may help.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
