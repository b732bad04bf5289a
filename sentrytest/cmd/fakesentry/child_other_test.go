//go:build !unix

package main

// beUnixChild knows no job: the tests that need one don't run here.
func beUnixChild(string, string) (code int, known bool) { return 0, false }
