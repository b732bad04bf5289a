package sentrytest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// maxSilences bounds what a server that many tests share remembers.
const maxSilences = 100

// lastLook is what the end of a server or tenant looks at once more, after the cleanups of everything that was made
// later, such as a client that sends until it is closed.
type lastLook struct {
	mu       sync.Mutex // guards everything below
	canaries []*CanaryValue
	silences []silence
}

// silence is a RequireNoEvent that has passed.
type silence struct {
	at    string // file:line of its call
	preds []Predicate
}

func (l *lastLook) watch(c *CanaryValue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.canaries = append(l.canaries, c)
}

// searchCanaries fails the test for leaks that have arrived since the canaries looked themselves.
func (l *lastLook) searchCanaries(tb TB, src Source) {
	tb.Helper()
	l.mu.Lock()
	canaries := slices.Clone(l.canaries)
	l.mu.Unlock()
	for _, c := range canaries {
		c.report(tb, func(watched Source) bool { return watched == src })
	}
}

func (l *lastLook) remember(what silence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.silences) < maxSilences {
		l.silences = append(l.silences, what)
	}
}

// mentionLate logs the unclaimed events that a passed RequireNoEvent asked for in vain: so they arrived later. It is no
// failure, since a test may go on after its RequireNoEvent and cause an event.
func (l *lastLook) mentionLate(tb TB, v scope) {
	tb.Helper()
	l.mu.Lock()
	silences := slices.Clone(l.silences)
	l.mu.Unlock()
	if len(silences) == 0 {
		return
	}
	var lines []string
	for _, e := range v.unclaimed() {
		// The latest says most closely when.
		for _, what := range slices.Backward(silences) {
			if matchesAll(e, what.preds) {
				lines = append(lines, fmt.Sprintf("%s arrived after RequireNoEvent (%s) had passed", e, what.at))
				break
			}
		}
	}
	if len(lines) > 0 {
		var b strings.Builder
		writeLines(&b, lines)
		tb.Logf("sentrytest: unless the test meant it, flush the client before RequireNoEvent:%s", b.String())
	}
}
