package sentrytest

import (
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// testConfig is what options ask of the end of a test.
type testConfig struct {
	failOnUnclaimed bool
	allow           []Predicate
}

// and adds the settings of a tenant to those of its server.
func (c testConfig) and(other testConfig) testConfig {
	return testConfig{
		failOnUnclaimed: c.failOnUnclaimed || other.failOnUnclaimed,
		allow:           slices.Concat(c.allow, other.allow),
	}
}

// FailOnUnclaimed fails the test at its end for every event that no assertion
// has claimed. [Server.Wait] and the Require functions claim the events that
// they return, and [Server.Claim] claims others; looking at events does not
// claim them. [Allow] excepts known events, and Clear removes events. Requests
// in flight at the end of the test are waited for, at most five seconds.
//
// It is an option of [NewServer], [NewTLSServer] and [Server.Tenant]. A server
// answers for its own and for unowned events, each tenant for its own; tenants
// inherit it from their server. On a server of [Start], which has no test, it
// is only inherited.
func FailOnUnclaimed() Option {
	return func(c *config) { c.test.failOnUnclaimed = true }
}

// Allow excepts the events that meet any one of the predicates from
// [FailOnUnclaimed]. Given twice, it adds up.
func Allow(preds ...Predicate) Option {
	return func(c *config) { c.test.allow = append(c.test.allow, preds...) }
}

// Claim marks returned events as expected, for [FailOnUnclaimed]: for tests
// that look through [Server.Events] themselves, and for matchers. Events of
// other servers are ignored.
func (v *scope) Claim(events ...Event) { v.claim(events) }

// failUnclaimed fails the test for unclaimed events.
func (c testConfig) failUnclaimed(tb TB, v *scope) {
	tb.Helper()
	if !c.failOnUnclaimed {
		return
	}
	var lines []string
	for _, e := range v.unclaimed() {
		if !slices.ContainsFunc(c.allow, func(p Predicate) bool { return p.Match(e) == nil }) {
			lines = append(lines, e.String())
		}
	}
	if len(lines) == 0 {
		return
	}
	tb.Errorf("sentrytest: %s that no assertion claimed%s\n  expect them with RequireEvent, or except them with the option Allow",
		texts.Count(len(lines), "event"), listedLines(lines))
}
