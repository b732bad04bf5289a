//go:build !linux

package transport

// networkFS returns "": only Linux says it.
func networkFS(string) string { return "" }
