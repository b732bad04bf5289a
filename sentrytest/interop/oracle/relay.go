package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// requirement is the release of Relay's library for Python. Its licence, the
// FSL, allows tests; nothing here is linked with it or shipped.
const requirement = "sentry-relay==0.10.1"

//go:embed judge.py
var judgeProgram string

// relay judges events with Relay's own code, in a process of Python.
type relay struct {
	packages string // the folder where requirement is installed
}

// newRelay installs the library into dir, unless SENTRY_RELAY_PACKAGES names a
// folder that has it.
func newRelay(ctx context.Context, dir string) (*relay, error) {
	if ready := os.Getenv("SENTRY_RELAY_PACKAGES"); ready != "" {
		return &relay{ready}, nil
	}
	install := exec.CommandContext(ctx, "python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--root-user-action=ignore", "--target", dir, requirement)
	if output, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", install, err, output)
	}
	return &relay{dir}, nil
}

// normalized is what Relay makes of one event.
type normalized struct {
	Event map[string]any
	Lost  string // why Relay drops the event; "" if it keeps it
}

// judge normalises the events, in their order.
func (r *relay) judge(ctx context.Context, events [][]byte) ([]normalized, error) {
	python := exec.CommandContext(ctx, "python3", "-c", judgeProgram)
	python.Env = append(os.Environ(), "PYTHONPATH="+r.packages)
	var input, problems bytes.Buffer
	for _, raw := range events {
		input.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	}
	python.Stdin, python.Stderr = &input, &problems
	output, err := python.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := python.Start(); err != nil {
		return nil, err
	}
	all := make([]normalized, 0, len(events))
	answers := json.NewDecoder(bufio.NewReader(output))
	var bad error
	for range events {
		var one normalized
		if bad = answers.Decode(&one); bad != nil {
			break
		}
		all = append(all, one)
	}
	if err := errors.Join(bad, python.Wait()); err != nil {
		return nil, fmt.Errorf("only %d of %d events were judged by Relay: %w\n%s", len(all), len(events), err, problems.Bytes())
	}
	return all, nil
}
