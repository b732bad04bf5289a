package sentrytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// end closes the server of a test and tells the test what it has to know.
func (s *Server) end(tb TB) {
	tb.Helper()
	s.cfg.awaitLast(s)
	if err := s.Close(); err != nil {
		tb.Errorf("%v", err)
	}
	v := &scope{journal: s.journal, mine: s.isNoTenants}
	s.reportFindings(tb, v)
	s.cfg.test.failUnclaimed(tb, v)
	s.last.searchCanaries(tb, s)
	s.last.mentionLate(tb, &s.scope)
	if lines := s.unownedLines(); len(lines) > 0 && !tb.Failed() {
		tb.Logf("sentrytest: server %s got what no tenant owns:\n%s", s.URL(), texts.Indent(strings.Join(lines, "\n"), "    "))
	}
	if tb.Failed() {
		tb.Logf("%s", s.Dump())
		keepArtifact(tb, s.about(testName(tb)), &s.scope)
	}
}

// end takes the tenant off its server and tells the test what it has to know.
func (t *Tenant) end(tb TB, cfg config) {
	tb.Helper()
	cfg.awaitLast(t)
	t.srv.journal.mu.Lock()
	t.ended.Store(int64(t.srv.journal.lastID) + 1)
	t.srv.journal.mu.Unlock()
	t.srv.reportFindings(tb, &t.scope)
	cfg.test.failUnclaimed(tb, &t.scope)
	t.last.searchCanaries(tb, t)
	t.last.mentionLate(tb, &t.scope)
	if tb.Failed() {
		tb.Logf("%s", t.Dump())
		keepArtifact(tb, t.srv.about(t.test), &t.scope)
	}
}

// awaitLast lets what is on its way arrive if everything that arrives is
// judged. If it never arrives there is nothing to judge either.
func (c *config) awaitLast(src Source) {
	if !c.test.failOnUnclaimed && !c.rules.strict {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
	defer cancel()
	_ = fullSourceOf(src).settle(ctx)
}

// maxSilences bounds what a server that many tests share remembers.
const maxSilences = 100

// lastLook is what the end of a server or tenant looks at once more, after the
// cleanups of everything that was made later, such as a client that sends until
// it is closed.
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

// searchCanaries fails the test for leaks that have arrived since the canaries
// looked themselves.
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

// mentionLate logs the unclaimed events that a passed RequireNoEvent asked for
// in vain: so they arrived later. It is no failure, since a test may go on
// after its RequireNoEvent and cause an event.
func (l *lastLook) mentionLate(tb TB, v *scope) {
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
		tb.Logf("sentrytest: unless the test meant it, flush the client before RequireNoEvent:%s", listedLines(lines))
	}
}
