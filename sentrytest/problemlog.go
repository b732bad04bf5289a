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
}

// Write takes one line from a log.Logger.
func (p *problemLog) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) < maxProblems {
		text, _, _ := strings.Cut(strings.TrimSpace(string(line)), "\n")
		p.lines = append(p.lines, strings.TrimPrefix(text, "http: "))
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
