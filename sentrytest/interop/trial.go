package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience bounds one scenario. Installing has no bound, because it may
// compile.
const patience = 2 * time.Minute

// trial is one run of this program.
type trial struct {
	folder  string // the folder of the scenarios
	scratch string
	out     io.Writer // for progress
	save    io.Writer // for the events that arrived; nil if nobody asked
}

// result is the result of one SDK.
type result struct {
	sdk     *sdk
	leftOut string           // why the SDK was left out
	err     error            // why its scenario failed to run
	missing map[string]error // by feature
}

func (t *trial) try(ctx context.Context, s *sdk) result {
	r := result{sdk: s, missing: map[string]error{}}
	if tool := s.missing(); tool != "" {
		r.leftOut = tool + " is not installed"
		return r
	}
	start := time.Now()
	fmt.Fprintf(t.out, "%s %s: installing\n", s.title, s.version)
	dir := filepath.Join(t.scratch, s.name)
	if r.err = os.CopyFS(dir, os.DirFS(filepath.Join(t.folder, s.name))); r.err != nil {
		return r
	}
	if s.ours {
		build := command{args: []string{"go", "build", "-o", filepath.Join(dir, "scenario"), "./" + filepath.ToSlash(filepath.Join(t.folder, s.name))}}
		if r.err = build.run(ctx, "."); r.err != nil {
			return r
		}
	}
	for _, c := range s.install {
		if r.err = c.run(ctx, dir); r.err != nil {
			return r
		}
	}
	fmt.Fprintf(t.out, "%s %s: running, installed in %.0f s\n", s.title, s.version, time.Since(start).Seconds())
	var got arrived
	if got, r.err = t.scenario(ctx, s, dir); r.err != nil {
		return r
	}
	if r.err = t.saveEvents(got); r.err != nil {
		return r
	}
	if r.err = got.strict(); r.err != nil {
		return r
	}
	for _, f := range features {
		if err := f.check(got); err != nil && s.has(f.name) {
			r.missing[f.name] = err
		}
	}
	return r
}

// saveEvents writes the events, one a line, without the names of this machine's
// folders.
func (t *trial) saveEvents(got arrived) error {
	if t.save == nil {
		return nil
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	folders := strings.NewReplacer(t.scratch, "/interop", here, "/ravenkit", home+"/", "/home/")
	for _, e := range got.events {
		var line bytes.Buffer
		if err := json.Compact(&line, e.Raw); err != nil {
			return err
		}
		if _, err := folders.WriteString(t.save, line.String()+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// scenario runs the SDK's scenario with a new fake.
func (t *trial) scenario(ctx context.Context, s *sdk, dir string) (arrived, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fake, err := t.startFake(ctx)
	if err != nil {
		return arrived{}, err
	}
	defer fake.stop()
	c := s.run
	c.env = append([]string{"SENTRY_DSN=" + fake.dsn}, c.env...)
	if err := c.run(ctx, dir); err != nil {
		return arrived{}, err
	}
	return fake.arrived(ctx)
}

// run runs a command in a folder. Its error contains the output.
func (c command) run(ctx context.Context, dir string) error {
	program := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	program.Dir = dir
	program.Env = append(os.Environ(), c.env...)
	var output bytes.Buffer
	program.Stdout, program.Stderr = &output, &output
	if err := program.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output.Bytes())
	}
	return nil
}
