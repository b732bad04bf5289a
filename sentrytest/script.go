package sentrytest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// script has the steps and faults of a server.
type script struct {
	armed atomic.Bool // something was scripted; without it requests skip the lock

	mu       sync.Mutex // guards everything below, except the fault of a scripted
	faults   []*scripted
	rules    []*scripted
	steps    []*scripted
	counting bool           // a rule asks for attempts
	attempts map[string]int // by event id, since counting
}

// scripted is a step or a fault and how often it was used.
type scripted struct {
	fault   Fault  // a step of Script is a fault without conditions
	at      string // file:line of the call that scripted it
	queued  bool   // a step of Script, which serves once by default
	dice    *dice
	seen    int // requests that it was asked about
	matched int // those that met its conditions
	used    int
}

// Script appends steps to the server's script. Each request to an endpoint that
// takes events takes the next step, in the order in which the bodies of the
// requests arrived. After the last step the server answers as before. Requests
// to other paths and preflights take none.
//
// A step that was not used when the server closes, or less often than its Times
// says, is an error of [Server.Close] and fails the test of [NewServer], unless
// it is [Step.Optional].
//
// [Server.Rule] and [Server.SetFaults] precede the script: a request that one
// of them serves takes no step.
func (s *Server) Script(steps ...Step) {
	at := caller()
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	for _, step := range steps {
		s.script.steps = append(s.script.steps, &scripted{fault: Fault{step: step}, at: at, queued: true})
	}
	s.script.armed.Store(len(s.script.steps) > 0 || s.script.armed.Load())
}

// Rule adds faults for requests to endpoints that take events. The first added
// that fits a request serves it. A request that none fits takes the next step
// of [Server.Script], if there is one.
//
// A fault that was never used, or less often than its Times says, fails the
// test unless it is [Fault.Optional]. A fault whose conditions can't be known
// when its step takes effect panics. The faults of [Server.SetFaults] may stay
// unused.
func (s *Server) Rule(faults ...Fault) {
	at := caller()
	for _, f := range faults {
		if problem := f.problem(); problem != "" {
			panic("sentrytest: " + problem)
		}
	}
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	for _, f := range faults {
		s.script.rules = append(s.script.rules, newScripted(f, at))
	}
	s.script.rearmLocked()
}

func newScripted(f Fault, at string) *scripted {
	return &scripted{fault: f, at: at, dice: f.newDice()}
}

// rearmLocked notes what the faults need. Once attempts are counted, they are
// counted for good.
func (s *script) rearmLocked() {
	for _, entry := range slices.Concat(s.faults, s.rules) {
		s.armed.Store(true)
		s.counting = s.counting || slices.ContainsFunc(entry.fault.conditions, func(c Condition) bool { return c.word == wordAttempt })
	}
	if s.counting && s.attempts == nil {
		s.attempts = make(map[string]int)
	}
}

// caller returns file:line of the caller of the function that calls it.
func caller() string {
	if _, file, line, ok := runtime.Caller(2); ok {
		return fmt.Sprintf("%s:%d", filepath.Base(file), line)
	}
	return "unknown"
}

// next takes the step for a call at the given stage, nil when there is none.
// Callers check armed first.
func (s *script) next(at stage, c *call) *Step {
	// Conditions run code of the test, which must not find the script locked.
	s.mu.Lock()
	if at == stageAnswer && s.counting {
		s.attempts[c.eventID]++
		c.attempt = s.attempts[c.eventID]
	}
	rules := slices.Concat(s.faults, s.rules)
	s.mu.Unlock()
	fit := make([]bool, len(rules))
	for i, entry := range rules {
		fit[i] = entry.fault.step.stage() == at && entry.fault.matches(c)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	for i, entry := range rules {
		if entry.fault.step.stage() != at {
			continue
		}
		entry.seen++
		if !fit[i] {
			continue
		}
		entry.matched++
		if !entry.exhausted() && entry.dice.roll() {
			return entry.use()
		}
	}
	for _, entry := range s.steps {
		if entry.exhausted() {
			continue
		}
		if entry.fault.step.stage() != at {
			return nil // the steps behind it wait for it
		}
		return entry.use()
	}
	return nil
}

func (s *scripted) use() *Step {
	s.used++
	step := s.fault.step
	step.fault = s.fault.name
	return &step
}

// times is how often it serves, negative for always.
func (s *scripted) times() int {
	switch {
	case s.fault.step.times != 0:
		return s.fault.step.times
	case s.queued:
		return 1
	}
	return -1
}

func (s *scripted) exhausted() bool {
	return s.times() > 0 && s.used >= s.times()
}

func (s *scripted) satisfied() bool {
	return s.fault.step.optional || s.exhausted() || (s.times() < 0 && s.used > 0)
}

func (s *scripted) String() string {
	if s.queued {
		return s.fault.step.String()
	}
	return s.fault.String()
}
