package sentrytest

import (
	"strings"
	"sync"
)

// maxProblems bounds the log: what matters is why the first connections failed.
const maxProblems = 20

// problemLog keeps the lines that http.Server logs, failed TLS handshakes above all. They show up in the
// errors of Wait and the Require functions.
type problemLog struct {
	mu    sync.Mutex // guards lines
	lines []string

	report func(line string) // of OnProblem; nil without it, and set before the server serves
}

// OnProblem calls report with what goes wrong before there is a request, a line each: failed TLS handshakes above all.
// It is for programs that serve others; tests find the lines in the errors of [Server.Wait]. It is called concurrently.
func OnProblem(report func(line string)) Option {
	return func(c *config) { c.onProblem = report }
}

// Write takes one line from a log.Logger.
func (p *problemLog) Write(line []byte) (int, error) {
	text, _, _ := strings.Cut(strings.TrimSpace(string(line)), "\n")
	text = strings.TrimPrefix(text, "http: ")
	if p.report != nil {
		p.report(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) < maxProblems {
		p.lines = append(p.lines, text)
	}
	return len(line), nil
}

func (p *problemLog) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

func (p *problemLog) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = nil
}
