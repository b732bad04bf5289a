//go:build !unix

package transport_test

import "testing"

func irregular(*testing.T) map[string]string { return nil }
