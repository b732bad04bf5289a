package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

type ingestRow struct {
	name           string
	sent, received int
	kept           int
	seconds        float64
	peakBytes      int
	page, api      []time.Duration // waiting times of a reader during the burst
}

// measureIngest posts a burst to the program, as users start it, while another
// goroutine reloads its page and calls its API all the time.
func measureIngest(ctx context.Context, s settings) ([]ingestRow, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "ravenkit-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "fakesentry")
	// The program is built in its own module, because it has further
	// dependencies.
	build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join("..", ".."), "-o", binary, "./sentrytest/cmd/fakesentry")
	build.Env = append(os.Environ(), "GOWORK=") // the one of that folder
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	var rows []ingestRow
	for _, kind := range []struct {
		name string
		args []string
	}{
		{"fakesentry serve", nil},
		{"fakesentry serve --store", []string{"--store", filepath.Join(folder, "events.db")}},
	} {
		row := ingestRow{name: kind.name, sent: s.burst}
		if err := row.measure(ctx, binary, kind.args, requests); err != nil {
			return nil, fmt.Errorf("%s: %w", kind.name, err)
		}
		if err := whole("ingest", row.name, row.sent, row.received); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (r *ingestRow) measure(ctx context.Context, binary string, args []string, requests []recording) error {
	p, err := startProgram(ctx, binary, args)
	if err != nil {
		return err
	}
	defer p.stop()
	posts, err := newBare(p.url+"/api/1/envelope/", requests, someWorkers, false)
	if err != nil {
		return err
	}
	defer posts.close()
	reading, enough := context.WithCancel(ctx)
	var readers sync.WaitGroup
	readers.Go(func() { r.page = visit(reading, p.url+"/") })
	readers.Go(func() { r.api = visit(reading, p.url+"/api/v1/events?limit=50") })
	start := time.Now()
	err = posts.deliver(ctx, r.sent)
	r.seconds = time.Since(start).Seconds()
	enough()
	readers.Wait()
	if err != nil {
		return err
	}
	client, err := fakesentryclient.New(p.url)
	if err != nil {
		return err
	}
	stats, err := client.Stats(ctx)
	if err != nil {
		return err
	}
	r.received, r.kept = stats.Events, stats.Kept
	r.peakBytes, err = p.peakMemory()
	return err
}

// visit requests a URL repeatedly and returns how long each answer took.
func visit(ctx context.Context, url string) []time.Duration {
	var took []time.Duration
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return took
		}
		start := time.Now()
		answer, err := client.Do(r)
		if err != nil {
			continue // the context has ended
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err == nil && answer.StatusCode == http.StatusOK {
			took = append(took, time.Since(start))
		}
	}
	return took
}

// worst returns the longest of some times, typical their median.
func worst(took []time.Duration) time.Duration {
	if len(took) == 0 {
		return 0
	}
	return slices.Max(took)
}

func typical(took []time.Duration) time.Duration {
	return time.Duration(medianOf(took, func(d time.Duration) float64 { return float64(d) }))
}

// program is a running fakesentry.
type program struct {
	cmd *exec.Cmd
	url string
}

func startProgram(ctx context.Context, binary string, args []string) (*program, error) {
	p := &program{cmd: exec.CommandContext(ctx, binary, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for p.url == "" && lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "Page "); ok {
			p.url = strings.TrimSuffix(strings.TrimSpace(address), "/")
		}
	}
	// The program prints a line for each event, and must not block on that.
	go func() { _, _ = io.Copy(io.Discard, out) }()
	if p.url == "" {
		p.stop()
		return nil, fmt.Errorf("it did not print the address of its page")
	}
	return p, nil
}

func (p *program) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// peakMemory is 0 on systems without /proc.
func (p *program) peakMemory() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if os.IsNotExist(err) {
		return 0, nil
	}
	n, _ := statusLine(string(status), "VmHWM")
	return n, err
}
