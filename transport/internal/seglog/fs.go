package seglog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// FS is the file system that a [Log] works on. [OS] is the machine's. Errors
// wrap those of package io/fs. An FS is safe for concurrent use.
type FS interface {
	// MkdirAll makes a directory that only this user can read, and those above
	// it. It returns nil if the directory exists.
	MkdirAll(dir string) error
	// ReadDir returns the entries of a directory, sorted by name.
	ReadDir(dir string) ([]fs.FileInfo, error)
	// OpenFile opens a file. Flag has the flags of os.OpenFile. A new file can
	// only be read by this user.
	OpenFile(name string, flag int) (File, error)
	Remove(name string) error
	// SyncDir makes creations in a directory permanent.
	SyncDir(dir string) error
	// Lock makes a file and locks it until the result is closed or the process
	// ends. It returns ErrLocked if the file is locked, also by this process.
	Lock(name string) (io.Closer, error)
	// Locked reports whether a file is locked. It makes no file, and makes no
	// Lock fail.
	Locked(name string) (bool, error)
}

// File is an open file of an [FS].
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Sync() error
	Truncate(size int64) error
}

// ErrLocked is the error of FS.Lock for a file that is locked.
var ErrLocked = errors.New("locked")

// OS is the file system of the machine. On systems without file locks (Plan 9,
// js, wasip1, AIX, Solaris) its locks hold within the process only: there, only
// one process may use a directory.
var OS FS = osFS{}

type osFS struct{}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (osFS) MkdirAll(dir string) error        { return os.MkdirAll(dir, 0o700) }
func (osFS) Remove(name string) error         { return os.Remove(name) }
func (osFS) SyncDir(dir string) error         { return syncDir(dir) }
func (osFS) Locked(name string) (bool, error) { return isLocked(name) }

// Lock tries again if only Locked has the file, which keeps it for a moment.
func (osFS) Lock(name string) (io.Closer, error) {
	const tries = 20
	for try := 1; ; try++ {
		l, err := lock(name)
		if try == tries || !errors.Is(err, ErrLocked) {
			return l, err
		}
		if held, heldErr := isLocked(name); held || heldErr != nil {
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
}

func (osFS) OpenFile(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) ReadDir(dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else removed meanwhile
			infos = append(infos, info)
		}
	}
	return infos, nil
}
