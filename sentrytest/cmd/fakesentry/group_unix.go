//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"

	"github.com/mattn/go-isatty"
)

// brokenPipe is what a program gets that writes where nobody reads.
var brokenPipe = []os.Signal{syscall.SIGPIPE}

// relayed are the signals that run passes on to its command.
var relayed = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
}

// terminals are the signals that a terminal sends to all processes of the group that it belongs to.
var terminals = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH}

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

// has reports whether the command has got a signal that this process got: a terminal sends it to both.
func (g *group) has(s os.Signal) bool { return !g.own && slices.Contains(terminals, s) }

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

// stop asks the command and what it has started to end, wherever the mark of the run can be found.
func (g *group) stop(mark string) error {
	err := g.signal(syscall.SIGTERM)
	for _, p := range marked(mark) {
		if !g.includes(p.Pid) {
			err = errors.Join(err, ignoreDone(p.Signal(syscall.SIGTERM)))
		}
		_ = p.Release()
	}
	return err
}

// includes reports whether signal reaches the process.
func (g *group) includes(pid int) bool {
	if !g.own {
		return pid == g.cmd.Process.Pid
	}
	its, err := syscall.Getpgid(pid)
	return err == nil && its == g.cmd.Process.Pid
}

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// killMarked ends what carries the mark of the run and is left, wherever it is.
func killMarked(mark string) {
	for range killRounds {
		found := marked(mark)
		for _, p := range found {
			_ = p.Kill() // that it has ended meanwhile is fine
			_ = p.Release()
		}
		if len(found) == 0 {
			return
		}
	}
}

// killRounds is how often killMarked looks for what has been started while it killed.
const killRounds = 20
