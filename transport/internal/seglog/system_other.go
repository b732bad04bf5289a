//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package seglog

import (
	"io"
	"os"
	"strings"
	"sync"
)

// locked has the paths of the locks of this process.
var locked sync.Map

type processLock struct {
	io.Closer
	path string
}

func (l processLock) Close() error {
	locked.Delete(l.path)
	return l.Closer.Close()
}

// lock locks the file within the process only.
func lock(path string) (io.Closer, error) {
	if _, taken := locked.LoadOrStore(path, true); taken {
		return nil, ErrLocked
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		locked.Delete(path)
		return nil, err
	}
	return processLock{file, path}, nil
}

func isLocked(path string) (bool, error) {
	_, taken := locked.Load(path)
	return taken, nil
}

// syncDir does nothing: not all of these systems can.
func syncDir(string) error { return nil }

// IsFull reports whether an error says that the disk is full, so that removing
// a file may help.
func IsFull(err error) bool {
	text := err.Error() // Plan 9 has no numbers for errors
	return strings.Contains(text, "no space") || strings.Contains(text, "file system full") || strings.Contains(text, "disk quota")
}
