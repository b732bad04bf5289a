package sentrytest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Usage says how often one step or rule has served.
type Usage struct {
	At    string // file:line of the call of Script or Rule
	Step  string // as Go code
	Used  int
	Times int // how often it serves; negative for always
	// Seen counts the requests, or connections, that a rule was asked about,
	// and Matched those of them that met its conditions. Both are 0 for steps
	// of a script.
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
		line += fmt.Sprintf(" was used %s", texts.Count(u.Used, "time"))
	default:
		line += " was never used"
	}
	if u.Seen > 0 && u.Used == 0 {
		line += fmt.Sprintf(" (%d of %s met its conditions)", u.Matched, texts.Count(u.Seen, "request"))
	}
	return line
}

// Usage returns how often rules and steps have served so far: rules first, then
// the steps of the script, both in the order in which they were added. For the
// faults of [Server.SetFaults] see [Server.Faults].
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
		Optional: s.fault.step.optional,
	}
}

// unused returns the *UnusedStepsError for the steps and rules that were not
// used, nil when there are none.
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
	return &UnusedStepsError{Steps: lines, Hint: s.holdingBackLocked()}
}

// holdingBackLocked says why a client may have sent no more requests, "" when
// no used step was a failure.
func (s *script) holdingBackLocked() string {
	came, answers := 0, []string{}
	for _, entry := range slices.Concat(s.rules, s.steps) {
		answer := entry.fault.step.failure()
		if entry.used == 0 || answer == "" {
			continue
		}
		came += entry.used
		if !slices.Contains(answers, answer) {
			answers = append(answers, answer)
		}
	}
	if came == 0 {
		return ""
	}
	was := "was"
	if came > 1 {
		was = "were"
	}
	return fmt.Sprintf("%s came and %s %s: clients pause after a failure (this module's for 1 to 36 s; Deliver does not)",
		texts.Count(came, "request"), was, strings.Join(answers, " or "))
}

// failure says how the step failed its requests, "" if a client continues as
// before.
func (s Step) failure() string {
	switch {
	case s.kind == stepAnswer && (s.code() == http.StatusTooManyRequests || s.code() >= 500):
		return fmt.Sprintf("answered %d", s.code())
	case !s.answers() && s.kind != stepSlowAccept:
		return "not answered"
	}
	return ""
}

// UnusedStepsError says which steps and rules were not used, or not as often as
// they say.
type UnusedStepsError struct {
	Steps []string // one line a step: where it was scripted, the step, how often it was used
	Hint  string   // why the client may have sent fewer requests; "" when no step that was used was a failure
}

// Error lists the steps, and the hint if there is one.
func (e *UnusedStepsError) Error() string {
	text := "sentrytest: script not used up:\n\t" + strings.Join(e.Steps, "\n\t")
	if e.Hint != "" {
		text += "\n  " + e.Hint
	}
	return text
}
