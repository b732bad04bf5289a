//go:build !unix

package main

// beUnixChild has no jobs here. The tests that need one are built for Unix
// only.
func beUnixChild(string, string) (code int, known bool) { return 0, false }
