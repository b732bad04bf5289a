package sentrytest

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
)

// Tenant is one test's part of a shared server: it has a public key and a
// project of its own, and sees only what comes with them. Parallel tests, each
// with a tenant, can share a server that is expensive to set up.
//
// A request belongs to the tenant if its key and its project are the tenant's.
// Without a usable key the project alone decides, so that the right test sees
// the refusal. On the legacy /api/store/ the key alone decides. A wrong pair
// belongs to no tenant: see [Server.Unowned].
//
// All methods are safe for concurrent use. Methods that Server has too return
// what the tenant owns. Scripts, TLS and connections are the server's.
type Tenant struct {
	scope
	srv     *Server
	test    string // "" without a name
	key     string
	project string
	last    lastLook
	ended   atomic.Int64 // the id of the first request after the end of its test; 0 while it runs
}

// tenants are the tenants of a server.
type tenants struct {
	mu        sync.Mutex // guards everything below
	byKey     map[string]*Tenant
	byProject map[string]*Tenant
}

// Tenant makes a tenant of the server for a test. The server may be one of
// [Start], made once for a test binary, or one of a parent test's [NewServer].
// A tenant takes the options [FailOnUnclaimed] and [Allow], in addition to
// those of the server; others fail the test.
//
// The tenant ends with its test: what comes with its DSN afterwards has no
// owner. If the test fails, its log has what the tenant received, and
// [Server.Unowned]. On a [Strict] server, findings in what the tenant received
// fail its test.
func (s *Server) Tenant(tb TB, opts ...Option) *Tenant {
	tb.Helper()
	cfg := newConfig(opts)
	own := cfg.test
	cfg.test = testConfig{}
	if !reflect.DeepEqual(cfg, newConfig(nil)) {
		tb.Fatalf("sentrytest: Tenant takes the options FailOnUnclaimed and Allow; all others are the server's")
		return nil
	}
	cfg = s.cfg
	cfg.test = cfg.test.and(own)
	if err := cfg.contradiction(true); err != nil {
		tb.Fatalf("sentrytest: %v", err)
		return nil
	}
	t := &Tenant{srv: s, test: testName(tb), key: eventid.RandomHex()}
	t.scope = scope{journal: s.journal, mine: t.owns}
	s.tenants.add(t)
	tb.Cleanup(func() {
		tb.Helper()
		t.end(tb, cfg)
	})
	return t
}

func (ts *tenants) add(t *Tenant) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.byKey == nil {
		ts.byKey, ts.byProject = map[string]*Tenant{}, map[string]*Tenant{}
	}
	t.project = fmt.Sprint(len(ts.byKey) + 2) // project 1 is the server's own
	ts.byKey[t.key], ts.byProject[t.project] = t, t
}

// of returns the tenant whose DSN a request carries, ended or not, nil when
// there is none.
func (ts *tenants) of(r sender) *Tenant {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.byKey[r.plainKey()]
	if r.key == "" {
		t = ts.byProject[r.project]
	}
	if t == nil || !r.carries(t.key, t.project) {
		return nil
	}
	return t
}

func (ts *tenants) any() bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return len(ts.byKey) > 0
}

// sender is who sent a request.
type sender struct {
	request      int
	key, project string
}

func (r *Request) sender() sender { return sender{r.ID, r.PublicKey, r.ProjectID} }

// carries reports whether a request came with the DSN of this key and project.
// The legacy store endpoint has no project.
func (r sender) carries(key, project string) bool {
	if r.key == "" {
		return r.project == project
	}
	return r.plainKey() == key && (r.project == project || r.project == "")
}

// plainKey returns the public key without flags, as in "….no-cache".
func (r sender) plainKey() string {
	key, _, _ := strings.Cut(r.key, ".")
	return key
}

func (t *Tenant) owns(r sender) bool {
	return r.carries(t.key, t.project) && !t.late(r)
}

// late reports whether a request came after the end of the tenant's test.
func (t *Tenant) late(r sender) bool {
	ended := t.ended.Load()
	return ended > 0 && int64(r.request) >= ended
}

// Server returns the server that the tenant is on.
func (t *Tenant) Server() *Server { return t.srv }

// DSN returns the tenant's DSN. Options are those of [Server.DSN]; a DSN with
// another key or project is not the tenant's any more.
func (t *Tenant) DSN(opts ...DSNOption) string { return t.srv.dsn(t.key, t.project, opts) }

// PublicKey returns the key of the tenant's DSN: 32 hexadecimal digits,
// different for every tenant.
func (t *Tenant) PublicKey() string { return t.key }

// ProjectID returns the project of the tenant's DSN, different for every tenant
// of a server.
func (t *Tenant) ProjectID() string { return t.project }

// Clear removes what the tenant has received so far.
func (t *Tenant) Clear() { t.srv.findings.keep(&t.scope, t.clear()) }

// Wait is [Server.Wait] for events that the tenant owns. Its error also lists
// unowned events, since the DSN may be wrong.
func (t *Tenant) Wait(ctx context.Context, n int, preds ...Predicate) ([]Event, error) {
	return waitAndClaim(ctx, t.full(), n, preds)
}

// String names the tenant in messages.
func (t *Tenant) String() string {
	if t.test == "" {
		return "tenant with project " + t.project
	}
	return "tenant of " + t.test + " (project " + t.project + ")"
}

// testName returns the name of a test, "" if it has none.
func testName(tb TB) string {
	if n, ok := tb.(interface{ Name() string }); ok {
		return n.Name()
	}
	return ""
}

// Unowned returns the events without an owner: their key and project are
// neither the server's own nor those of a tenant whose test is running. On a
// server without tenants every other DSN has no owner.
//
// Failed waits and the log of a failed test list them, and the log of a server
// with tenants in any case.
func (s *Server) Unowned() []Event {
	return (&scope{journal: s.journal, mine: s.isUnowned}).Events()
}

func (s *Server) isUnowned(r sender) bool {
	return !r.carries(s.key, s.project) && s.isNoTenants(r)
}

// isNoTenants reports whether the server itself, not a tenant, answers for a
// request.
func (s *Server) isNoTenants(r sender) bool {
	t := s.tenants.of(r)
	return t == nil || t.late(r)
}

// unownedLines describes unowned events and refused requests. Without tenants
// it returns nothing, since other messages list everything.
func (s *Server) unownedLines() []string {
	if !s.tenants.any() {
		return nil
	}
	v := &scope{journal: s.journal, mine: s.isUnowned}
	var lines []string
	for _, e := range v.Events() {
		lines = append(lines, "unowned: "+e.String()+", "+s.origin(&e.Received))
	}
	for _, r := range v.Rejected() {
		lines = append(lines, "unowned: "+r.String()+", "+s.origin(&r.Request))
	}
	return lines
}

// origin says with which DSN a request came.
func (s *Server) origin(r *Request) string {
	text := fmt.Sprintf("key %s, project %s", cmp.Or(r.PublicKey, "missing"), cmp.Or(r.ProjectID, "missing"))
	if t := s.tenants.of(r.sender()); t != nil {
		text += fmt.Sprintf(": the %s, which has ended", t)
	}
	return text
}
