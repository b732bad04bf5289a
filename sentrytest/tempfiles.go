package sentrytest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// tempFiles is a directory that exists only if a file was asked for.
type tempFiles struct {
	mu     sync.Mutex // guards everything below
	dir    string
	paths  map[string]string
	closed bool
}

func (t *tempFiles) write(name string, content []byte) (string, error) {
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

func (t *tempFiles) remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.dir == "" {
		return nil
	}
	return os.RemoveAll(t.dir)
}

// tempFile returns the path of the named file, and reports a failure in the only ways that an accessor
// with one result has.
func (s *Server) tempFile(name string, content []byte) string {
	path, err := s.files.write(name, content)
	if err == nil {
		return path
	}
	if s.tb == nil {
		panic(fmt.Sprintf("sentrytest: writing a certificate file: %v", err))
	}
	s.tb.Helper()
	s.tb.Fatalf("sentrytest: writing a certificate file: %v", err)
	return ""
}
