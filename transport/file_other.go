//go:build !unix

package transport

const atOnce = 0
