// Package tempfiles writes files that live as long as their owner, such as
// certificates for programs in other languages.
//
// It must know nothing of what the files are for.
package tempfiles

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Files is a directory that the first file creates. The zero value is ready.
// All methods are safe for concurrent use.
type Files struct {
	mu     sync.Mutex // guards everything below
	dir    string
	paths  map[string]string
	closed bool
}

// Write returns the path of the named file, and writes it at the first call for
// the name. It fails after Remove.
func (t *Files) Write(name string, content []byte) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if path, ok := t.paths[name]; ok {
		return path, nil
	}
	if t.closed {
		return "", fmt.Errorf("%s was asked for after Close", name)
	}
	if t.dir == "" {
		dir, err := os.MkdirTemp("", "sentrytest-")
		if err != nil {
			return "", err
		}
		t.dir = dir
	}
	path := filepath.Join(t.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", err
	}
	if t.paths == nil {
		t.paths = map[string]string{}
	}
	t.paths[name] = path
	return path, nil
}

// Remove removes the files for good.
func (t *Files) Remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.dir == "" {
		return nil
	}
	return os.RemoveAll(t.dir)
}
