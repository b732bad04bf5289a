// Package bubble finds out whether code runs in a testing/synctest bubble.
//
// It must not import package testing, which programs that embed a server do not
// link.
package bubble

import (
	"bytes"
	"runtime"
)

// Inside reports whether the caller runs in a testing/synctest bubble. It reads
// the header of the goroutine's stack, as in "goroutine 21 [running, synctest
// bubble 1]:".
func Inside() bool {
	var buf [128]byte
	header, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("\n"))
	return bytes.HasPrefix(header, []byte("goroutine ")) && bytes.Contains(header, []byte(", synctest bubble "))
}
