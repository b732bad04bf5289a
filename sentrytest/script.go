package sentrytest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// script is the queue of steps of a server.
type script struct {
	mu    sync.Mutex // guards steps
	steps []*scripted
}

type scripted struct {
	step Step
	used int
	at   string // file:line of the call of Script
}

// Script appends steps to the server's script. Each request to the store or envelope endpoint takes the next
// one, in the order in which the requests' bodies have arrived; when the script is used up the server
// answers as before. Requests to other paths and preflights take none.
//
// A script is a claim about how often the client calls: a step that was not used by the time the server
// closes, or not as often as its Times says, is an error of [Server.Close] and fails the test of
// [NewServer], unless it is [Step.Optional].
func (s *Server) Script(steps ...Step) {
	at := "unknown"
	if _, file, line, ok := runtime.Caller(1); ok {
		at = fmt.Sprintf("%s:%d", filepath.Base(file), line)
	}
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	for _, step := range steps {
		s.script.steps = append(s.script.steps, &scripted{step: step, at: at})
	}
}

// next takes the step for one request, nil when there is none.
func (s *script) next() *Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, entry := range s.steps {
		if entry.exhausted() {
			continue
		}
		entry.used++
		step := entry.step
		return &step
	}
	return nil
}

func (s *scripted) times() int {
	if s.step.times == 0 {
		return 1
	}
	return s.step.times
}

func (s *scripted) exhausted() bool {
	return s.times() > 0 && s.used >= s.times()
}

func (s *scripted) satisfied() bool {
	return s.step.optional || s.exhausted() || (s.times() < 0 && s.used > 0)
}

// unused returns the *UnusedStepsError for the steps that wait in vain, nil when there are none.
func (s *script) unused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, entry := range s.steps {
		if entry.satisfied() {
			continue
		}
		line := fmt.Sprintf("%s: %s was never used", entry.at, entry.step)
		if entry.used > 0 {
			line = fmt.Sprintf("%s: %s was used %d of %d times", entry.at, entry.step, entry.used, entry.times())
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	return &UnusedStepsError{Steps: lines}
}

// UnusedStepsError says which steps of a script the client never came to.
type UnusedStepsError struct {
	Steps []string // one line a step: where it was scripted, the step, how often it was used
}

// Error lists the steps.
func (e *UnusedStepsError) Error() string {
	return "sentrytest: script not used up:\n\t" + strings.Join(e.Steps, "\n\t")
}
