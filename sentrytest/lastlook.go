package sentrytest

import (
	"slices"
	"sync"
)

// lastLook is what the end of a server or tenant looks at once more, after the cleanups of everything that was made
// later, such as a client that sends until it is closed.
type lastLook struct {
	mu       sync.Mutex // guards everything below
	canaries []*CanaryValue
}

func (s *Server) watchedBy(c *CanaryValue) { s.last.watch(c) }

func (t *Tenant) watchedBy(c *CanaryValue) { t.last.watch(c) }

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
