//go:build !unix

package main

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// brokenPipe is what a program gets that writes where nobody reads: nothing here.
var brokenPipe []os.Signal

// relayed are the signals that run takes for its command.
var relayed = []os.Signal{os.Interrupt, syscall.SIGTERM}

// group is a command; what it starts is out of reach here.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd, _ io.Reader) *group { return &group{cmd} }

// has reports whether the command has got a signal that this process got: a console interrupts all of its processes.
func (g *group) has(s os.Signal) bool { return s == os.Interrupt }

func (g *group) signal(s os.Signal) error { return g.cmd.Process.Signal(s) }

func (g *group) kill() {}

func (g *group) stop(string) error { return g.cmd.Process.Kill() }

func killMarked(string) {}
