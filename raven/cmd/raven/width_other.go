//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package main

import "os"

// terminalWidth can't ask here; 0 lets COLUMNS and the default decide.
func terminalWidth(*os.File) int { return 0 }
