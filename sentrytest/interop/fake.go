package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// fake is a `fakesentry serve` for one scenario.
type fake struct {
	dsn    string
	client *fakesentryclient.Client
	cmd    *exec.Cmd
}

func (t *trial) binary() string { return filepath.Join(t.scratch, "fakesentry") }

// buildFake builds the program for all scenarios.
func (t *trial) buildFake(ctx context.Context) error {
	build := command{args: []string{"go", "build", "-o", t.binary(), "./sentrytest/cmd/fakesentry"}}
	return build.run(ctx, ".")
}

// startFake starts the program on a free port and reads the DSN that it prints.
func (t *trial) startFake(ctx context.Context) (*fake, error) {
	f := &fake{cmd: exec.CommandContext(ctx, t.binary(), "serve", "--addr", "127.0.0.1:0")}
	f.cmd.Cancel = func() error { return f.cmd.Process.Signal(os.Interrupt) }
	var stderr bytes.Buffer
	f.cmd.Stderr = &stderr
	stdout, err := f.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if dsn, ok := strings.CutPrefix(lines.Text(), "DSN "); ok {
			f.dsn = strings.TrimSpace(dsn)
			break
		}
	}
	go func() { // the program must not block on its output
		for lines.Scan() {
		}
	}()
	parsed, err := url.Parse(f.dsn)
	if err != nil || parsed.Host == "" {
		f.stop()
		return nil, fmt.Errorf("fakesentry printed no DSN: %s", stderr.Bytes())
	}
	f.client, err = fakesentryclient.New("http://" + parsed.Host)
	return f, err
}

func (f *fake) stop() {
	_ = f.cmd.Process.Signal(os.Interrupt)
	// Ignore the error: the results have been read already.
	_ = f.cmd.Wait()
}

// arrived fetches the fake's requests as received, and parses them here.
func (f *fake) arrived(ctx context.Context) (arrived, error) {
	var a arrived
	for short, err := range f.client.AllEvents(ctx, fakesentryclient.Filter{}) {
		if err != nil {
			return a, err
		}
		raw, err := f.client.RawEvent(ctx, short.EventID)
		if err != nil {
			return a, err
		}
		e, err := sentrytest.ParseEvent(raw)
		if err != nil {
			return a, err
		}
		a.events = append(a.events, e)
	}
	requests, err := f.client.Requests(ctx, fakesentryclient.RequestFilter{})
	if err != nil {
		return a, err
	}
	for _, r := range requests.Requests {
		if r.Refusal != nil {
			return a, fmt.Errorf("the fake refused a request: %d %s", r.Status, r.Refusal.Reason)
		}
		if len(r.Items) == 0 {
			continue
		}
		body, err := f.client.RequestBody(ctx, r.Seq)
		if err != nil {
			return a, err
		}
		env, err := sentrytest.ParseEnvelope(body)
		if err != nil {
			return a, err
		}
		a.envelopes = append(a.envelopes, env)
	}
	return a, nil
}
