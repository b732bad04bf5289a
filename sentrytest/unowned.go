package sentrytest

import (
	"cmp"
	"fmt"
)

// Unowned returns the events that nobody owns: their key and project are neither the server's own nor those of a tenant
// whose test is running. They are never handed to a test that happens to run. On a server without tenants every DSN
// but the server's own is nobody's.
//
// Failed waits and the log of a failed test list them, and the log of a server with tenants in any case.
func (s *Server) Unowned() []Event {
	return scope{journal: &s.journal, mine: s.isUnowned}.events()
}

func (s *Server) isUnowned(r *Request) bool {
	if carries(r, s.key, s.project) {
		return false
	}
	t := s.tenants.of(r)
	return t == nil || t.late(r)
}

// isNoTenants reports what FailOnUnclaimed of the server itself answers for.
func (s *Server) isNoTenants(r *Request) bool {
	t := s.tenants.of(r)
	return t == nil || t.late(r)
}

// unownedLines describes what nobody owns, refused requests included. Without tenants there is nothing that could
// be misfiled, and everything is listed elsewhere.
func (s *Server) unownedLines() []string {
	if !s.tenants.any() {
		return nil
	}
	v := scope{journal: &s.journal, mine: s.isUnowned}
	var lines []string
	for _, e := range v.events() {
		lines = append(lines, "nobody's: "+e.String()+", "+s.origin(&e.Received))
	}
	for _, r := range v.rejected() {
		lines = append(lines, "nobody's: "+r.String()+", "+s.origin(&r.Request))
	}
	return lines
}

// origin says with which DSN a request came.
func (s *Server) origin(r *Request) string {
	text := fmt.Sprintf("key %s, project %s", cmp.Or(r.PublicKey, "missing"), cmp.Or(r.ProjectID, "missing"))
	if t := s.tenants.of(r); t != nil {
		text += fmt.Sprintf(": the %s, which has ended", t)
	}
	return text
}
