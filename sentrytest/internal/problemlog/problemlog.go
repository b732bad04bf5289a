// Package problemlog keeps the lines that http.Server logs, such as those of
// failed TLS handshakes. They explain why no request came.
//
// It must know nothing of servers.
package problemlog

import (
	"strings"
	"sync"
)

// maxProblems limits the log: the first failed connections matter most.
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

// Clear removes the lines.
func (p *Log) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = nil
}
