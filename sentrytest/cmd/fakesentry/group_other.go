//go:build !unix

package main

import (
	"io"
	"os"
	"os/exec"
)

// group is a command; what it starts is out of reach here.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd, _ io.Reader) *group { return &group{cmd} }

func (g *group) signal(s os.Signal) error { return g.cmd.Process.Signal(s) }

func (g *group) kill() {}
