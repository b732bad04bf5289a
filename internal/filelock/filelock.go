// Package filelock opens files for one process alone. A lock ends with its file
// or its process, by any means. The package knows nothing about the files. It
// must not import packages that use it.
package filelock

import "errors"

// ErrHeld is the error of [Open] for a file that a process has, also this one.
var ErrHeld = errors.New("locked by another process")
