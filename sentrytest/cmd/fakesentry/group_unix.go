//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/mattn/go-isatty"
)

// group is a command with everything that it starts.
type group struct {
	cmd *exec.Cmd
	own bool // it has a process group of its own
}

// newGroup prepares the command to have a process group of its own, so that what it has started can be stopped with it. A
// command that reads from a terminal stays in ours, since the terminal is for that group alone.
func newGroup(cmd *exec.Cmd, in io.Reader) *group {
	f, ok := in.(*os.File)
	g := &group{cmd: cmd, own: !ok || !isatty.IsTerminal(f.Fd())}
	if g.own {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	return g
}

func (g *group) signal(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !g.own || !ok {
		return g.cmd.Process.Signal(s)
	}
	return syscall.Kill(-g.cmd.Process.Pid, number)
}

// kill ends what is left of the group when its first process has ended.
func (g *group) kill() {
	if g.own {
		_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) // that there is nobody left is fine
	}
}
