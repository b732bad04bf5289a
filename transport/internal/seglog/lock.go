package seglog

import (
	"errors"
	"io"
	"os"
	"sync"

	"github.com/ravenkit/ravenkit/internal/filelock"
)

// lock locks a file; within the process only if the system has no locks.
func lock(path string) (io.Closer, error) {
	if !filelock.Supported {
		return lockInProcess(path)
	}
	file, err := filelock.Open(path)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, filelock.ErrHeld):
		return nil, ErrLocked
	}
	return nil, err
}

func isLocked(path string) (bool, error) {
	if !filelock.Supported {
		_, taken := lockedPaths.Load(path)
		return taken, nil
	}
	return filelock.Held(path)
}

// lockedPaths has the paths of the locks of this process.
var lockedPaths sync.Map

type processLock struct {
	io.Closer
	path string
}

func (l processLock) Close() error {
	lockedPaths.Delete(l.path)
	return l.Closer.Close()
}

func lockInProcess(path string) (io.Closer, error) {
	if _, taken := lockedPaths.LoadOrStore(path, true); taken {
		return nil, ErrLocked
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		lockedPaths.Delete(path)
		return nil, err
	}
	return processLock{file, path}, nil
}
