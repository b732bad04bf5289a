package sentrytest

import (
	"context"
	"strings"
)

// end closes the server of a test and tells the test what it has to know.
func (s *Server) end(tb TB) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("%v", err)
	}
	s.reportFindings(tb)
	s.cfg.test.failUnclaimed(tb, scope{journal: &s.journal, mine: s.isNoTenants})
	if lines := s.unownedLines(); len(lines) > 0 && !tb.Failed() {
		tb.Logf("sentrytest: server %s got what no tenant owns:\n%s", s.URL(), indent(strings.Join(lines, "\n"), "    "))
	}
	if tb.Failed() {
		tb.Logf("%s", s.Dump())
		keepArtifact(tb, s.about(testName(tb)), s)
	}
}

// end takes the tenant off its server and tells the test what it has to know.
func (t *Tenant) end(tb TB, cfg testConfig) {
	tb.Helper()
	if cfg.failOnUnclaimed {
		// What is on its way counts. If it never arrives there is nothing to claim either.
		ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
		defer cancel()
		_ = t.settled(ctx)
	}
	t.srv.journal.mu.Lock()
	t.ended.Store(int64(t.srv.journal.lastID) + 1)
	t.srv.journal.mu.Unlock()
	cfg.failUnclaimed(tb, t.scope())
	if tb.Failed() {
		tb.Logf("%s", t.Dump())
		keepArtifact(tb, t.srv.about(t.test), t)
	}
}
