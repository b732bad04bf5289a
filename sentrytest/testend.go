package sentrytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// end closes the server and reports to its test.
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
		tb.Logf("sentrytest: server %s received what no tenant owns:\n%s", s.URL(), texts.Indent(strings.Join(lines, "\n"), "    "))
	}
	if tb.Failed() {
		tb.Logf("%s", s.Dump())
		keepArtifact(tb, s.about(testName(tb)), &s.scope)
	}
}

// end removes the tenant from its server and reports to its test.
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

// awaitLast waits for requests in flight if everything that arrives is judged.
func (c *config) awaitLast(src Source) {
	if !c.test.failOnUnclaimed && !c.rules.strict {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
	defer cancel()
	_ = fullSourceOf(src).settle(ctx)
}

// maxSilences limits what a server remembers that many tests share.
const maxSilences = 100

// lastLook has what is checked again at the end of a server or tenant. That is
// after the cleanups of everything that was made later, such as a client that
// sends until it is closed.
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

// searchCanaries fails the test for leaks that arrived after the search of the
// canaries themselves.
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

// mentionLate logs unclaimed events that arrived after a RequireNoEvent for
// them had passed. That is no failure, since a test may cause an event after
// its RequireNoEvent.
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
		// The latest RequireNoEvent limits the time of arrival best.
		for _, what := range slices.Backward(silences) {
			if matchesAll(e, what.preds) {
				lines = append(lines, fmt.Sprintf("%s arrived after RequireNoEvent (%s) had passed", e, what.at))
				break
			}
		}
	}
	if len(lines) > 0 {
		tb.Logf("sentrytest: flush the client before RequireNoEvent, unless these events are intended:%s", listedLines(lines))
	}
}
