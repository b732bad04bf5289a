package seglog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

const (
	sharingViolation = syscall.Errno(32)
	handleDiskFull   = syscall.Errno(39)
	diskFull         = syscall.Errno(112)
)

// lock opens the file for this process alone.
func lock(path string) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, sharingViolation):
		return nil, ErrLocked
	case err != nil:
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

func isLocked(path string) (bool, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	const all = syscall.FILE_SHARE_READ | syscall.FILE_SHARE_WRITE | syscall.FILE_SHARE_DELETE
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ, all, nil, syscall.OPEN_EXISTING, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, sharingViolation):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return false, syscall.CloseHandle(handle)
}

// syncDir does nothing: Windows writes directories itself.
func syncDir(string) error { return nil }

// IsFull reports whether an error says that the disk is full, so that removing
// a file may help.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, diskFull) || errors.Is(err, handleDiskFull)
}
