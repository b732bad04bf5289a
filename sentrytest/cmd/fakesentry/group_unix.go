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

// brokenPipe are the signals of writes to a closed pipe.
var brokenPipe = []os.Signal{syscall.SIGPIPE}

// relayed are the signals that run passes to its command.
var relayed = []os.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
}

// terminals are the signals that a terminal sends to each process of its
// foreground group.
var terminals = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH}

// group is a command with the processes that it starts.
type group struct {
	cmd *exec.Cmd
	own bool // the command has its own process group
}

// newGroup gives the command its own process group, so that the processes that
// it starts can be stopped too. A command that reads from a terminal stays in
// our group, because only the terminal's foreground group may read from it.
func newGroup(cmd *exec.Cmd, in io.Reader) *group {
	f, ok := in.(*os.File)
	g := &group{cmd: cmd, own: !ok || !isatty.IsTerminal(f.Fd())}
	if g.own {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	return g
}

// has reports whether the command got a signal that this process got. A
// terminal sends its signals to both.
func (g *group) has(s os.Signal) bool { return !g.own && slices.Contains(terminals, s) }

func (g *group) signal(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !g.own || !ok {
		return g.cmd.Process.Signal(s)
	}
	return syscall.Kill(-g.cmd.Process.Pid, number)
}

// kill ends the processes that remain in the group after its first process
// ended.
func (g *group) kill() {
	if g.own {
		_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) // fails if none remains, which is fine
	}
}

// stop asks the command and the processes that it started to end. It finds
// those outside the group by the mark.
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

// killMarked kills the remaining processes that carry the mark.
func killMarked(mark string) {
	for range killRounds {
		found := marked(mark)
		for _, p := range found {
			_ = p.Kill() // fails if it has ended meanwhile, which is fine
			_ = p.Release()
		}
		if len(found) == 0 {
			return
		}
	}
}

// killRounds bounds the searches of killMarked for processes that were started
// while it killed others.
const killRounds = 20
