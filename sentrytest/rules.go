package sentrytest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Rules say how a server treats requests that real servers treat differently.
// The zero value is the default of [Start]: the server answers as Relay does,
// and also takes raw deflate, any project and any key. [RelayRules],
// [BugsinkRules] and [GlitchTipRules] return those of real servers. See
// [Differ].
type Rules struct {
	// Deflate is what the Content-Encoding deflate means.
	Deflate DeflateForm
	// TolerateBlankLines takes envelopes that end in blank lines, as the parser
	// of sentry-python and sentry-testkit do. Kent and Spotlight refuse them.
	TolerateBlankLines bool
	// RefuseBareHeaders refuses an envelope that ends with the header of an
	// item and no line end. Without it such an item has an empty payload.
	RefuseBareHeaders bool
	// RequireEventIDs refuses an envelope without event_id that has an item
	// which needs one. Without it the server makes up an id.
	RequireEventIDs bool
	// Auth says what happens to a request with more than one auth.
	Auth AuthOrder
	// ProjectStatus answers a request for a project that is no number. 0 stands
	// for no such rule: any project is taken.
	ProjectStatus int
	// FullKeys refuses public keys that have not 32 ASCII characters with 400.
	FullKeys bool
	// OversizeStatus answers what is too large. 0 stands for 413.
	OversizeStatus int
	// MissingAuthStatus answers a request without auth. 0 stands for 401.
	MissingAuthStatus int
}

// RelayRules returns the rules of Relay, which is what sentry.io runs:
//
//   - deflate is zlib: relay-server/src/extractors/decoder.rs
//   - projects are numbers, keys have 32 characters, both refused with 400; two
//     auths are refused with 401: relay-server/src/extractors/request_meta.rs
//
// Relay of 2024 answered what is too large with 400 instead of 413.
func RelayRules() Rules {
	return Rules{Deflate: DeflateZlib, ProjectStatus: http.StatusBadRequest, FullKeys: true}
}

// BugsinkRules returns the rules of Bugsink, read in its version of July 2026:
//
//   - deflate is raw deflate: bugsink/streams.py
//   - a header at the end of an envelope is refused: ingest/parsers.py
//   - event_id is required, the dsn of an envelope wins over the query and the
//     query over X-Sentry-Auth, no auth is answered with 403: ingest/views.py
//   - projects are numbers, others are answered with 404: ingest/urls.py
//
// Bugsink requires event_id only of events and minidumps, and does not read the
// header Authorization. The server does not copy that.
func BugsinkRules() Rules {
	return Rules{
		Deflate: DeflateRaw, RefuseBareHeaders: true, RequireEventIDs: true, Auth: AuthDSNFirst,
		ProjectStatus: http.StatusNotFound, MissingAuthStatus: http.StatusForbidden,
	}
}

// GlitchTipRules returns the rules of GlitchTip's envelope endpoint, read in
// its version of 2026:
//
//   - deflate is zlib, or else raw deflate: glitchtip/middleware.py
//   - what follows the last item is skipped when it is no JSON, and no auth is
//     answered with 403: apps/event_ingest/views.py
//   - the query wins over X-Sentry-Auth, and that over Authorization; the dsn of
//     an envelope counts without them only: apps/event_ingest/authentication.py
//   - projects are numbers, others are answered with 404: glitchtip/urls.py
func GlitchTipRules() Rules {
	return Rules{
		TolerateBlankLines: true, Auth: AuthQueryFirst,
		ProjectStatus: http.StatusNotFound, MissingAuthStatus: http.StatusForbidden,
	}
}

// Differ makes the server follow the rules, in place of those of an earlier
// [Differ] or [Strict]. Values out of range are an error of [Start].
func Differ(r Rules) Option {
	return func(c *config) { c.rules.Rules = r }
}

// rules are Rules and what only Strict sets.
type rules struct {
	Rules
	strict bool
	infos  bool // a strict server also tells findings of SeverityInfo
}

// Lenient undoes an earlier [Strict] or [Differ], and is the default. The
// server then has the zero [Rules], and takes paths without the last slash,
// with repeated slashes or below a prefix.
func Lenient() Option {
	return func(c *config) { c.rules = rules{} }
}

// Strict makes the server refuse what Relay refuses. It implies [Differ] with
// [RelayRules]. It also answers a path other than exactly
// /api/{project}/{endpoint}/ with 404, and a key or project that is neither
// this server's nor one of its tenants' with 403.
//
// A strict server of [NewServer] also fails its test, when the test ends, if
// anything that it accepted has a finding of [SeverityWarning] or above. The
// failure lists them. Findings of [SeverityInfo] are listed and logged only if
// they are asked for: Strict(SeverityInfo). A tenant's test answers for what
// came for the tenant. [MaxHistory] would hide findings, so the two exclude
// each other in a test.
func Strict(also ...Severity) Option {
	return func(c *config) {
		c.rules = rules{Rules: RelayRules(), strict: true, infos: slices.Contains(also, SeverityInfo)}
	}
}

// DeflateForm is how a server reads the Content-Encoding deflate.
type DeflateForm int

const (
	// DeflateAny takes zlib and, where that fails, raw deflate.
	DeflateAny DeflateForm = iota
	// DeflateZlib takes zlib (RFC 1950), as HTTP has it.
	DeflateZlib
	// DeflateRaw takes raw deflate (RFC 1951) alone.
	DeflateRaw
)

var deflateOpeners = [...][]bodies.Opener{DeflateAny: {bodies.OpenZlib, bodies.OpenFlate}, DeflateZlib: {bodies.OpenZlib}, DeflateRaw: {bodies.OpenFlate}}

// AuthOrder is how a server treats a request with more than one auth.
type AuthOrder int

const (
	// AuthOnce refuses such requests with 401, and an envelope with 400 if its
	// dsn differs from the auth of its request.
	AuthOnce AuthOrder = iota
	// AuthQueryFirst takes the query before X-Sentry-Auth and that before
	// Authorization. The dsn in the header of an envelope counts only without
	// these.
	AuthQueryFirst
	// AuthDSNFirst takes the dsn in the header of an envelope before all
	// others, and these in the order of AuthQueryFirst.
	AuthDSNFirst
)

// problem says what is out of range; nil when nothing is.
func (r Rules) problem() error {
	const failure = "400 to 599, or 0 for the default"
	for _, v := range []struct {
		field              string
		value, least, most int
		want               string
	}{
		{"Deflate", int(r.Deflate), int(DeflateAny), int(DeflateRaw), "DeflateAny, DeflateZlib or DeflateRaw"},
		{"Auth", int(r.Auth), int(AuthOnce), int(AuthDSNFirst), "AuthOnce, AuthQueryFirst or AuthDSNFirst"},
		{"ProjectStatus", r.ProjectStatus, 400, 599, failure},
		{"OversizeStatus", r.OversizeStatus, 400, 599, failure},
		{"MissingAuthStatus", r.MissingAuthStatus, 400, 599, failure},
	} {
		if v.value != 0 && (v.value < v.least || v.value > v.most) {
			return fmt.Errorf("the option Differ: %s is %d, want %s", v.field, v.value, v.want)
		}
	}
	return nil
}

// grammar is what the server accepts as an envelope.
func (r *rules) grammar() wire.Grammar {
	return wire.Grammar{BlankLines: r.TolerateBlankLines, BareHeader: r.RefuseBareHeaders}
}

// route is [wire.RouteOf]; a strict server wants the exact path.
func (r *rules) route(path string) wire.Route {
	to := wire.RouteOf(path)
	if !r.strict {
		return to
	}
	if path != to.Path() {
		return wire.Route{}
	}
	return to
}

// noEndpoint says why a path is no endpoint, and what a strict server wants
// instead.
func (r *rules) noEndpoint(path string) string {
	text := "no such endpoint: " + path
	if to := wire.RouteOf(path); r.strict && to.Protocol != "" {
		text += "; a strict server wants " + to.Path()
	}
	return text
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func (r *rules) checkProject(project string) *wire.Refusal {
	if r.ProjectStatus == 0 || project == "" || digits.MatchString(project) {
		return nil
	}
	detail := "bad project path parameter"
	if r.ProjectStatus == http.StatusNotFound {
		detail = "not found"
	}
	return wire.Refuse(r.ProjectStatus, detail, fmt.Sprintf("project %q is not a number", project))
}

// fullKeyForm allows flags behind a key.
var fullKeyForm = regexp.MustCompile(`^[!-~]{32}(\.[!-~]+)*$`)

// judgeOwner refuses malformed keys, and keys that are neither the server's nor
// a tenant's. Relay checks that before sizes.
func (s *Server) judgeOwner(v *verdict, req *Request) {
	if r := v.refused; r != nil && r.Status != http.StatusOK && r.Status != http.StatusRequestEntityTooLarge {
		return
	}
	switch {
	case s.cfg.rules.FullKeys && !fullKeyForm.MatchString(req.PublicKey):
		*v = verdict{}
		v.refuse(wire.BadRequest("bad sentry DSN public key", fmt.Sprintf("%q does not have 32 characters", req.PublicKey)))
	case s.cfg.rules.strict && !req.sender().carries(s.key, s.project) && s.tenants.of(req.sender()) == nil:
		*v = verdict{}
		v.refuse(wire.Refuse(http.StatusForbidden, "event submission rejected with_reason: ProjectId",
			fmt.Sprintf("the server has key %s and project %s, not key %s and project %s", s.key, s.project, req.PublicKey, req.ProjectID)))
	}
}

// restate gives refusals the status that the options ask for.
func (r *rules) restate(v *verdict) {
	if v.refused == nil {
		return
	}
	changed := *v.refused
	switch {
	case r.OversizeStatus != 0 && changed.Status == http.StatusRequestEntityTooLarge:
		changed.Status = r.OversizeStatus
	case r.MissingAuthStatus != 0 && changed.Detail == wire.MissingAuth:
		changed.Status = r.MissingAuthStatus
	default:
		return
	}
	v.refuse(&changed)
}
