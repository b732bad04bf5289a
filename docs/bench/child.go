package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The first arguments of the bench's child processes.
const (
	serveCommand   = "child-serve"
	burstCommand   = "child-burst"
	acceptCommand  = "child-accept"
	backlogCommand = "child-backlog"
)

// runChild runs the child's part if this process is a child.
func runChild(args []string) (code int, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	var err error
	switch args[0] {
	case serveCommand:
		err = serve(os.Stdin, os.Stdout)
	case burstCommand:
		err = burstChild(args[1:], os.Stdout)
	case acceptCommand:
		err = acceptChild(args[1:], os.Stdin, os.Stdout)
	case backlogCommand:
		err = backlogChild(args[1:], os.Stdout)
	default:
		return 0, false
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}

// child is another process of this program. A server ends with its standard
// input, and so with its parent, however the parent ends. A burst ends by
// itself.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	stderr bytes.Buffer
}

func startChild(ctx context.Context, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, args...)}
	c.cmd.Stderr = &c.stderr
	c.cmd.WaitDelay = 5 * time.Second
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdin, c.stdout = stdin, bufio.NewReader(stdout)
	return c, c.cmd.Start()
}

func (c *child) readLine() (string, error) {
	line, err := c.stdout.ReadString('\n')
	if err != nil {
		_ = c.end()
		return "", fmt.Errorf("a child process printed nothing: %w: %s", err, strings.TrimSpace(c.stderr.String()))
	}
	return strings.TrimSpace(line), nil
}

// end closes the child's standard input and waits for the child.
func (c *child) end() error {
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("a child process failed: %w: %s", err, strings.TrimSpace(c.stderr.String()))
	}
	return nil
}
