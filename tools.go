//go:build tools

// Package tools pins the programs that `go generate ./...` runs. The tag is
// never set: the imports only keep the versions in go.mod.
package tools

import (
	_ "github.com/golang/mock/mockgen"
	_ "github.com/vburenin/ifacemaker"
	_ "go.uber.org/mock/mockgen"
)
