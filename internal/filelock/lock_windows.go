package filelock

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Supported reports whether the system has locks.
const Supported = true

// sharingViolation is the error for a file that another process has.
const sharingViolation = syscall.Errno(32)

// Open opens a file for this process alone, and makes it if necessary. The
// error is ErrHeld if a process has it. Copies of the file that the process
// makes hold the lock too.
func Open(path string) (*os.File, error) {
	handle, err := open(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, syscall.OPEN_ALWAYS)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}

// Held reports whether a process has a file. It makes no file. For a moment, an
// Open by others may return ErrHeld because of it.
func Held(path string) (bool, error) {
	const all = syscall.FILE_SHARE_READ | syscall.FILE_SHARE_WRITE | syscall.FILE_SHARE_DELETE
	handle, err := open(path, syscall.GENERIC_READ, all, syscall.OPEN_EXISTING)
	switch {
	case errors.Is(err, ErrHeld):
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return false, syscall.CloseHandle(handle)
}

func open(path string, access, share, mode uint32) (syscall.Handle, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	handle, err := syscall.CreateFile(name, access, share, nil, mode, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, sharingViolation):
		return 0, ErrHeld
	case err != nil:
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return handle, nil
}
