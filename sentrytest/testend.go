package sentrytest

import (
	"context"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// end closes the server of a test and tells the test what it has to know.
func (s *Server) end(tb TB) {
	tb.Helper()
	s.cfg.awaitLast(s)
	if err := s.Close(); err != nil {
		tb.Errorf("%v", err)
	}
	v := scope{journal: &s.journal, mine: s.isNoTenants}
	s.reportFindings(tb, v)
	s.cfg.test.failUnclaimed(tb, v)
	s.last.searchCanaries(tb, s)
	s.last.mentionLate(tb, s.scope())
	if lines := s.unownedLines(); len(lines) > 0 && !tb.Failed() {
		tb.Logf("sentrytest: server %s got what no tenant owns:\n%s", s.URL(), texts.Indent(strings.Join(lines, "\n"), "    "))
	}
	if tb.Failed() {
		tb.Logf("%s", s.Dump())
		keepArtifact(tb, s.about(testName(tb)), s)
	}
}

// end takes the tenant off its server and tells the test what it has to know.
func (t *Tenant) end(tb TB, cfg config) {
	tb.Helper()
	cfg.awaitLast(t)
	t.srv.journal.mu.Lock()
	t.ended.Store(int64(t.srv.journal.lastID) + 1)
	t.srv.journal.mu.Unlock()
	t.srv.reportFindings(tb, t.scope())
	cfg.test.failUnclaimed(tb, t.scope())
	t.last.searchCanaries(tb, t)
	t.last.mentionLate(tb, t.scope())
	if tb.Failed() {
		tb.Logf("%s", t.Dump())
		keepArtifact(tb, t.srv.about(t.test), t)
	}
}

// awaitLast lets what is on its way arrive if everything that arrives is judged. If it never arrives there is nothing
// to judge either.
func (c *config) awaitLast(src Source) {
	if !c.test.failOnUnclaimed && !c.rules.strict {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
	defer cancel()
	_ = fullSourceOf(src).settle(ctx)
}
