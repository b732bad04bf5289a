package seglog_test

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// memFS is a file system in memory. It can fail, and lose what was not synced.
type memFS struct {
	mu      sync.Mutex
	nodes   map[string]*node
	durable map[string]*node // the entries that a loss of power leaves
	locks   map[string]*node // the file that is locked

	// fault decides about an operation: create, open, read, write, sync,
	// truncate, remove, mkdir, readdir, syncdir, lock. A write of which it
	// allows less than n bytes writes those and fails. It is called under no
	// lock.
	fault func(op, name string, n int) (int, error)
}

type node struct {
	dir          bool
	data, synced []byte
}

func newMemFS() *memFS {
	return &memFS{nodes: map[string]*node{}, durable: map[string]*node{}, locks: map[string]*node{}}
}

// failing makes operations on names with a suffix fail.
func (m *memFS) failing(op, suffix string, err error) {
	m.setFault(func(o, name string, n int) (int, error) {
		if o == op && strings.HasSuffix(name, suffix) {
			return 0, err
		}
		return n, nil
	})
}

func (m *memFS) setFault(f func(op, name string, n int) (int, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

func (m *memFS) check(op, name string, n int) (int, error) {
	m.mu.Lock()
	f := m.fault
	m.mu.Unlock()
	if f == nil {
		return n, nil
	}
	allowed, err := f(op, name, n)
	if err != nil {
		err = &fs.PathError{Op: op, Path: name, Err: err}
	}
	return allowed, err
}

// powerLoss returns what is left. Data that was not synced is there, cut short,
// zero, or missing.
func (m *memFS) powerLoss(r *rand.Rand) *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := newMemFS()
	for name, n := range m.durable {
		if up := filepath.Dir(name); len(up) > 1 && m.durable[up] == nil {
			continue
		}
		data := slices.Clone(n.synced)
		if more := len(n.data) - len(data); more > 0 {
			switch r.IntN(4) {
			case 0:
				data = slices.Clone(n.data)
			case 1:
				data = slices.Clone(n.data[:len(data)+r.IntN(more)])
			case 2:
				data = append(data, make([]byte, more)...)
			}
		}
		after.nodes[name] = &node{dir: n.dir, data: data, synced: slices.Clone(data)}
		after.durable[name] = after.nodes[name]
	}
	return after
}

// removeAll removes a directory below running logs.
func (m *memFS) removeAll(dir string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.nodes, func(name string, _ *node) bool {
		return name == dir || strings.HasPrefix(name, dir+"/")
	})
	clear(m.locks) // new files of these names are not locked
}

// killed forgets the locks, as if their processes had ended.
func (m *memFS) killed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.locks)
}

// files returns the names of files with a suffix, sorted.
func (m *memFS) files(suffix string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name, n := range m.nodes {
		if !n.dir && strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (m *memFS) get(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.nodes[name].data)
}

func (m *memFS) put(name string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nodes[name] = &node{data: data}
}

func (m *memFS) clone() *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := newMemFS()
	for name, n := range m.nodes {
		c.nodes[name] = &node{dir: n.dir, data: slices.Clone(n.data), synced: slices.Clone(n.synced)}
	}
	c.durable = maps.Clone(c.nodes)
	return c
}

func (m *memFS) MkdirAll(dir string) error {
	if _, err := m.check("mkdir", dir, 0); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for d := dir; len(d) > 1; d = filepath.Dir(d) {
		if m.nodes[d] == nil {
			m.nodes[d] = &node{dir: true}
		}
	}
	return nil
}

func (m *memFS) ReadDir(dir string) ([]fs.FileInfo, error) {
	if _, err := m.check("readdir", dir, 0); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nodes[dir] == nil {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist}
	}
	var infos []fs.FileInfo
	for _, name := range slices.Sorted(maps.Keys(m.nodes)) {
		if filepath.Dir(name) == dir {
			infos = append(infos, memInfo{filepath.Base(name), int64(len(m.nodes[name].data)), m.nodes[name].dir})
		}
	}
	return infos, nil
}

func (m *memFS) OpenFile(name string, flag int) (seglog.File, error) {
	op := "open"
	if flag&os.O_CREATE != 0 {
		op = "create"
	}
	if _, err := m.check(op, name, 0); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.nodes[name]
	switch {
	case n != nil && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case n == nil && (flag&os.O_CREATE == 0 || m.nodes[filepath.Dir(name)] == nil):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n == nil:
		n = &node{}
		m.nodes[name] = n
	}
	return &memFile{fs: m, name: name, node: n}, nil
}

func (m *memFS) Remove(name string) error {
	if _, err := m.check("remove", name, 0); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nodes[name] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(m.nodes, name)
	return nil
}

func (m *memFS) SyncDir(dir string) error {
	if _, err := m.check("syncdir", dir, 0); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.durable, func(name string, _ *node) bool {
		return filepath.Dir(name) == dir && m.nodes[name] == nil
	})
	for name, n := range m.nodes {
		if filepath.Dir(name) == dir {
			m.durable[name] = n
		}
	}
	return nil
}

func (m *memFS) Lock(name string) (io.Closer, error) {
	if _, err := m.check("lock", name, 0); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nodes[filepath.Dir(name)] == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if m.locks[name] != nil {
		return nil, seglog.ErrLocked
	}
	m.nodes[name] = &node{}
	m.locks[name] = m.nodes[name]
	return memLock{m, name, m.nodes[name]}, nil
}

func (m *memFS) Locked(name string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.locks[name] != nil, nil
}

type memLock struct {
	fs   *memFS
	name string
	file *node
}

func (l memLock) Close() error {
	l.fs.mu.Lock()
	defer l.fs.mu.Unlock()
	if l.fs.locks[l.name] == l.file {
		delete(l.fs.locks, l.name)
	}
	return nil
}

type memFile struct {
	fs   *memFS
	name string
	node *node
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	if _, err := f.fs.check("read", f.name, len(b)); err != nil {
		return 0, err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.node.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(b []byte, off int64) (int, error) {
	n, err := f.fs.check("write", f.name, len(b))
	if err == nil && n < len(b) {
		err = errors.New("short write")
	}
	b = b[:n]
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if missing := off + int64(len(b)) - int64(len(f.node.data)); missing > 0 && len(b) > 0 {
		f.node.data = append(f.node.data, make([]byte, missing)...)
	}
	copy(f.node.data[min(off, int64(len(f.node.data))):], b)
	return n, err
}

func (f *memFile) Close() error { return nil }

func (f *memFile) Size() (int64, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return int64(len(f.node.data)), nil
}

func (f *memFile) Sync() error {
	if _, err := f.fs.check("sync", f.name, 0); err != nil {
		return err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.synced = slices.Clone(f.node.data)
	return nil
}

func (f *memFile) Truncate(size int64) error {
	if _, err := f.fs.check("truncate", f.name, 0); err != nil {
		return err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.node.data = f.node.data[:min(size, int64(len(f.node.data)))]
	return nil
}

type memInfo struct {
	name string
	size int64
	dir  bool
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
