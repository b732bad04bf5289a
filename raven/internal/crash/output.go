// Package crash keeps what the runtime writes when a process dies for the next
// process of the program, and reads it: files with locks, and the text of a
// crash.
//
// It must not know events or clients.
package crash

import (
	"errors"
	"os"
	"runtime/debug"
	"sync"
)

// taken says whether the crash output of the process has an owner: a process
// has one.
var taken struct {
	mu  sync.Mutex
	now bool // guarded by mu
}

// Output is the crash output of the process.
type Output struct {
	file *os.File
	once sync.Once
}

// Take has the runtime write a crash of this process to the first free file of
// those that begin with path, which is locked as long as the process lives.
// left is what earlier processes left behind, locked too. It is an error if
// somebody has the crash output already.
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

// Close gives the crash output back. It may be called again.
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
