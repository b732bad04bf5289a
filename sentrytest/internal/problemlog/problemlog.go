// Package problemlog keeps the lines that http.Server logs, such as those of
// failed TLS handshakes: they explain why no request came.
//
// It must know nothing of servers: it is an io.Writer that remembers.
package problemlog

import (
	"strings"
	"sync"
)

// maxProblems bounds the log: what matters is why the first connections failed.
const maxProblems = 20

// Log keeps the first lines that are written to it. The zero value is ready.
// All methods are safe for concurrent use.
type Log struct {
	mu    sync.Mutex // guards lines
	lines []string

	Report func(line string) // called with every line if it is not nil; set before the first write
}

// Write takes one line from a log.Logger.
func (p *Log) Write(line []byte) (int, error) {
	text, _, _ := strings.Cut(strings.TrimSpace(string(line)), "\n")
	text = strings.TrimPrefix(text, "http: ")
	if p.Report != nil {
		p.Report(text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) < maxProblems {
		p.lines = append(p.lines, text)
	}
	return len(line), nil
}

// All returns the lines, as a copy.
func (p *Log) All() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// Clear forgets the lines, and makes room for others.
func (p *Log) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = nil
}
