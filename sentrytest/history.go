package sentrytest

// Dropped counts what a server has forgotten to stay within [MaxHistory]. The zero value is nothing.
type Dropped struct {
	Requests, Events, Transactions, Envelopes, Rejected int
}

// MaxHistory bounds what a server remembers: of requests, events, transactions, envelopes and rejections the newest
// n each.
// Zero and below mean no bound, which is the default and right for tests: what is dropped can't be asserted
// any more; so it excludes [FailOnUnclaimed], and [Strict] in a test. It is for servers that run for days, or under load.
func MaxHistory(n int) Option {
	return func(c *config) { c.maxHistory = max(n, 0) }
}

// Dropped returns how much the server has dropped because of [MaxHistory] since it started. [Server.Clear] does
// not count, nor does it reset the numbers.
func (s *Server) Dropped() Dropped {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.dropped
}

// keep appends to a record and drops its oldest entries. Those are cut off rather than overwritten, since
// readers may hold the slice; the next growth of the slice leaves them behind.
func keep[T any](record []T, one T, most int, dropped *int) []T {
	record = append(record, one)
	if excess := len(record) - most; most > 0 && excess > 0 {
		*dropped += excess
		record = record[excess:]
	}
	return record
}
