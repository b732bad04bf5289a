package sentrytest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Findings returns what is wrong with the request itself: a warning for what
// Relay refuses and the default server takes, and an info for what is
// deprecated. Envelopes, items and events have findings of their own.
func (r Request) Findings() []Finding {
	f := &lint.List{}
	if r.ContentEncoding == "deflate" && !isZlib(r.Body) {
		f.Add(lint.Warning, "Content-Encoding", RuleInvalidData, r.ContentEncoding, "raw deflate: most servers expect zlib")
	}
	if exact := (&rules{strict: true}).route(r.Path); r.Protocol != "" && exact.Protocol == "" && strings.HasPrefix(r.Path, "/api/") {
		f.Add(lint.Warning, "path", RuleInvalidData, r.Path, "not spelled /api/{project}/{endpoint}/: servers do not answer there")
	}
	if r.Protocol == wire.ProtocolStore {
		f.Add(lint.Info, "path", RuleDeprecated, r.Path, "deprecated: envelopes are the successor of the store endpoint")
	}
	for _, key := range []string{"sentry_secret", "sentry_timestamp", "sentry_signature"} {
		if text := r.Auth[key]; text != "" {
			f.Add(lint.Info, "auth."+key, RuleDeprecated, lint.Absent{}, "deprecated: servers ignore it")
		}
	}
	return sorted(f)
}

// isZlib looks at the two bytes that zlib begins with.
func isZlib(body string) bool {
	return len(body) >= 2 && body[0]&0x0f == 8 && (int(body[0])<<8|int(body[1]))%31 == 0
}

// RequestFindings is an accepted request and what is wrong with it and its
// contents.
type RequestFindings struct {
	Request  Request
	Findings []Finding // never empty
}

// String returns the request and its findings, one line each.
func (r RequestFindings) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "request %d, %s %s", r.Request.ID, r.Request.Method, texts.OneLine(r.Request.Path))
	for _, f := range r.Findings {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// Findings returns what is wrong with the accepted requests and with all that
// they carried. Requests without findings are left out. It is computed at each
// call. [Server.Rejected] has the refused requests.
func (v *scope) Findings() []RequestFindings { return v.findingsIn(v.only(v.all())) }

func (v *scope) findingsIn(r records) []RequestFindings {
	var out []RequestFindings
	for _, p := range r.requests {
		if status := p.answer().Status; status < 200 || status >= 300 {
			continue
		}
		e := v.journal.read(p)
		var all []Finding
		for _, ev := range e.all() {
			if e.envelope == nil {
				all = append(all, ev.get().Findings()...)
			}
		}
		if e.envelope != nil {
			all = append(all, e.envelope.Findings()...)
		}
		all = sortFindings(append(all, e.request.Findings()...), 0)
		if len(all) > 0 {
			out = append(out, RequestFindings{e.request.clone(), all})
		}
	}
	return out
}

// strictness has the findings of records that Clear has removed from a strict
// server.
type strictness struct {
	on   bool // set before the server starts
	mu   sync.Mutex
	kept []RequestFindings // guarded by mu
}

func (s *strictness) keep(v *scope, r records) {
	if !s.on {
		return
	}
	found := v.findingsIn(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, found...)
}

// of returns the findings of the requests that the scope sees.
func (s *strictness) of(v *scope) []RequestFindings {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []RequestFindings
	for _, one := range s.kept {
		if v.sees(one.Request.sender()) {
			out = append(out, one)
		}
	}
	return out
}

// reportFindings fails a test for warnings in the scope of a strict server. It
// tells lesser findings if the server was asked to.
func (s *Server) reportFindings(tb TB, v *scope) {
	tb.Helper()
	if !s.findings.on {
		return
	}
	var grave, slight []RequestFindings
	for _, r := range append(s.findings.of(v), v.Findings()...) {
		switch {
		case r.Findings[0].Severity < SeverityWarning:
			slight = append(slight, r)
		case s.cfg.rules.infos:
			grave = append(grave, r)
		default:
			isInfo := func(f Finding) bool { return f.Severity < SeverityWarning }
			grave = append(grave, RequestFindings{r.Request, slices.DeleteFunc(slices.Clone(r.Findings), isInfo)})
		}
	}
	list := func(all []RequestFindings) string { return texts.List(all, maxListed, "  ", RequestFindings.String) }
	if len(grave) > 0 {
		tb.Errorf("sentrytest: a strict server accepted %s with warnings:%s", texts.Count(len(grave), "request"), list(grave))
	}
	if len(slight) > 0 && s.cfg.rules.infos {
		tb.Logf("sentrytest: findings of no consequence:%s", list(slight))
	}
}
