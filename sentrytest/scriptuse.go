package sentrytest

import (
	"fmt"
	"slices"
	"strings"
)

// Usage says how often one step or rule has served.
type Usage struct {
	At    string // file:line of the call of Script or Rule
	Step  string // as one would write it
	Used  int
	Times int // how often it is to serve; negative for always
	// Seen counts the requests, or connections, that a rule was asked about, and Matched those of them that met its
	// conditions. Both are 0 for steps of a script.
	Seen, Matched int
	Optional      bool
}

// String returns the usage on one line.
func (u Usage) String() string {
	line := fmt.Sprintf("%s: %s", u.At, u.Step)
	switch {
	case u.Times > 0 && u.Used > 0:
		line += fmt.Sprintf(" was used %d of %d times", u.Used, u.Times)
	case u.Used > 0:
		line += fmt.Sprintf(" was used %s", count(u.Used, "time"))
	default:
		line += " was never used"
	}
	if u.Seen > 0 && u.Used == 0 {
		line += fmt.Sprintf(" (%d of %s met its conditions)", u.Matched, count(u.Seen, "request"))
	}
	return line
}

// Usage returns how often rules and steps have served so far: rules first, then the steps of the script, both in the
// order in which they were added. For the faults of [Server.SetFaults] see [Server.Faults].
func (s *Server) Usage() []Usage {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	var out []Usage
	for _, entry := range slices.Concat(s.script.rules, s.script.steps) {
		out = append(out, entry.usage())
	}
	return out
}

func (s *scripted) usage() Usage {
	return Usage{
		At: s.at, Step: s.String(), Used: s.used, Times: s.times(), Seen: s.seen, Matched: s.matched,
		Optional: s.rule.step.optional,
	}
}

// unused returns the *UnusedStepsError for the steps and rules that wait in vain, nil when there are none.
func (s *script) unused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, entry := range slices.Concat(s.rules, s.steps) {
		if !entry.satisfied() {
			lines = append(lines, entry.usage().String())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &UnusedStepsError{Steps: lines}
}

// UnusedStepsError says which steps and rules of a script the client never came to.
type UnusedStepsError struct {
	Steps []string // one line a step: where it was scripted, the step, how often it was used
}

// Error lists the steps.
func (e *UnusedStepsError) Error() string {
	return "sentrytest: script not used up:\n\t" + strings.Join(e.Steps, "\n\t")
}
