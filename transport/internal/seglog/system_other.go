//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package seglog

import "strings"

// syncDir does nothing: not all of these systems can.
func syncDir(string) error { return nil }

// IsFull reports whether an error says that the disk is full, so that removing
// a file may help.
func IsFull(err error) bool {
	text := err.Error() // Plan 9 has no numbers for errors
	return strings.Contains(text, "no space") || strings.Contains(text, "file system full") || strings.Contains(text, "disk quota")
}
