//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package main

import "os"

// terminalWidth returns 0: COLUMNS or the default decides.
func terminalWidth(*os.File) int { return 0 }
