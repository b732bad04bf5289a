// Package crash keeps the runtime's output of a crash in locked files for the
// next process of the program, and parses it.
//
// It must not know events or clients.
package crash

import (
	"errors"
	"os"
	"runtime/debug"
	"sync"
)

// taken says whether the crash output of the process is in use.
var taken struct {
	mu  sync.Mutex
	now bool // guarded by mu
}

// Output is the crash output of the process.
type Output struct {
	file *os.File
	once sync.Once
}

// Take makes the runtime write a crash of this process to the first free file
// of those that begin with path. The file is locked while the process lives.
// left are the files with crashes of earlier processes, locked too. It is an
// error if the crash output is in use.
func Take(path string, h Header) (o *Output, left []*File, err error) {
	taken.mu.Lock()
	defer taken.mu.Unlock()
	if taken.now {
		return nil, nil, errors.New("another client of this process has the crash output")
	}
	own, left, err := claim(path)
	if err != nil {
		return nil, nil, err
	}
	err = h.renew(own)
	if err == nil {
		err = debug.SetCrashOutput(own, debug.CrashOptions{})
	}
	if err != nil {
		closeAll(left, own)
		return nil, nil, err
	}
	taken.now = true
	return &Output{file: own}, left, nil
}

// Close releases the crash output. It may be called again.
func (o *Output) Close() {
	o.once.Do(func() {
		taken.mu.Lock()
		defer taken.mu.Unlock()
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // documented to succeed for nil
		_ = empty(o.file)                                   // a header without a crash is not reported anyway
		_ = o.file.Close()
		taken.now = false
	})
}
