//go:build !unix

package main

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// brokenPipe are the signals of writes to a closed pipe. There are none here.
var brokenPipe []os.Signal

// relayed are the signals that run passes to its command.
var relayed = []os.Signal{os.Interrupt, syscall.SIGTERM}

// group is a command. The processes that it starts can't be reached here.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd, _ io.Reader) *group { return &group{cmd} }

// has reports whether the command got a signal too. A console interrupts all of
// its processes.
func (g *group) has(s os.Signal) bool { return s == os.Interrupt }

func (g *group) signal(s os.Signal) error { return g.cmd.Process.Signal(s) }

func (g *group) kill() {}

func (g *group) stop(string) error { return g.cmd.Process.Kill() }

func killMarked(string) {}
