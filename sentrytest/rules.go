package sentrytest

import (
	"fmt"
	"net/http"
	"regexp"
)

// rules are the points in which real servers differ. The zero value is Lenient: what Relay does, and takes more.
type rules struct {
	strict         bool
	deflate        DeflateForm
	blankLines     bool
	noBareHeader   bool
	requireEventID bool
	queryAuthWins  bool
	numericProject bool
	fullKey        bool
	oversize       int // 0 for 413
	noAuth         int // 0 for 401
}

// Lenient undoes [Strict] and every other option of this kind that stands before it: the server answers as Relay does,
// and also takes raw deflate, any project and any key, and paths that lack their last slash, have more slashes
// than they need or stand below a prefix. It is the default.
func Lenient() Option {
	return func(c *config) { c.rules = rules{} }
}

// Strict makes the server refuse what Relay refuses. Raw deflate is answered with 400; a path other than
// /api/{project}/{endpoint}/, letter by letter, with 404; a project that is no number and a key that has not 32
// characters with 400; and a key or project that is neither this server's nor one of its tenants' with 403.
//
// A strict server of [NewServer] also fails its test, when the test ends, if anything that it accepted has a finding of
// [SeverityWarning] or above. The failure lists them; findings of [SeverityInfo] are logged. What came for a tenant is a
// matter of the tenant's test. [MaxHistory] would hide findings, so that the two exclude each other in a test.
func Strict() Option {
	return func(c *config) {
		c.rules.strict, c.rules.numericProject, c.rules.fullKey = true, true, true
		c.rules.deflate = DeflateZlib
	}
}

// DeflateForm is what a server takes the Content-Encoding deflate for.
type DeflateForm int

const (
	// DeflateAny takes zlib and, where that fails, raw deflate.
	DeflateAny DeflateForm = iota
	// DeflateZlib takes zlib (RFC 1950), as HTTP has it and Relay, Spotlight and Kent do.
	DeflateZlib
	// DeflateRaw takes raw deflate (RFC 1951) alone, as Bugsink does.
	DeflateRaw
)

func (d DeflateForm) openers() []opener {
	switch d {
	case DeflateZlib:
		return []opener{openZlib}
	case DeflateRaw:
		return []opener{openFlate}
	}
	return []opener{openZlib, openFlate}
}

// Deflate chooses what the Content-Encoding deflate means: see [DeflateForm]. The default is [DeflateAny].
func Deflate(form DeflateForm) Option {
	return func(c *config) { c.rules.deflate = form }
}

// TolerateBlankLines makes the server take envelopes that end in blank lines, as sentry-python's parser and
// sentry-testkit do. Relay, Bugsink, Kent and Spotlight refuse them, which is the default.
func TolerateBlankLines() Option {
	return func(c *config) { c.rules.blankLines = true }
}

// RefuseBareHeaders makes the server refuse an envelope that ends with the header of an item and no line end, as
// Bugsink does. To Relay that item has an empty payload, which is the default.
func RefuseBareHeaders() Option {
	return func(c *config) { c.rules.noBareHeader = true }
}

// RequireEventIDs makes the server refuse an envelope without event_id that has an item which needs one, as Bugsink
// does. Relay makes an id up, which is the default.
func RequireEventIDs() Option {
	return func(c *config) { c.rules.requireEventID = true }
}

// QueryAuthWins makes the server choose where a request carries more than one auth, as Bugsink does: the dsn in the
// envelope's header before the query, the query before X-Sentry-Auth, and that before Authorization. Relay refuses
// such requests with 401, and an envelope whose dsn differs with 400, which is the default.
func QueryAuthWins() Option {
	return func(c *config) { c.rules.queryAuthWins = true }
}

// NumericProjects makes the server refuse projects that are no numbers with 400, as sentry.io and Relay do. Others take
// any, which is the default.
func NumericProjects() Option {
	return func(c *config) { c.rules.numericProject = true }
}

// FullKeys makes the server refuse public keys that have not 32 ASCII characters with 400, as Relay does. Others take
// any, which is the default: the tests of many clients use short ones.
func FullKeys() Option {
	return func(c *config) { c.rules.fullKey = true }
}

// OversizeStatus sets the status that answers what is too large: 413, the default, is Relay's and Bugsink's; Relays
// of 2024 answered 400. Values outside of 400 to 599 leave the default.
func OversizeStatus(code int) Option {
	return func(c *config) { c.rules.oversize = failure(code) }
}

// MissingAuthStatus sets the status that answers a request without auth: 401, the default, is Relay's; the
// documentation says 403. Values outside of 400 to 599 leave the default.
func MissingAuthStatus(code int) Option {
	return func(c *config) { c.rules.noAuth = failure(code) }
}

func failure(code int) int {
	if code < 400 || code > 599 {
		return 0
	}
	return code
}

// route is routeOf, and for a strict server only if the path is spelled exactly.
func (r *rules) route(path string) route {
	to := routeOf(path)
	if !r.strict {
		return to
	}
	if path != to.path() {
		return route{}
	}
	return to
}

// noEndpoint says why a path leads nowhere: on a strict server it may be but misspelled.
func (r *rules) noEndpoint(path string) string {
	text := "no such endpoint: " + path
	if to := routeOf(path); r.strict && to.protocol != "" {
		text += "; a strict server wants " + to.path()
	}
	return text
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func (r *rules) checkProject(project string) *refusal {
	if r.numericProject && project != "" && !digits.MatchString(project) {
		return badRequest("bad project path parameter", fmt.Sprintf("project %q is not a number", project))
	}
	return nil
}

// fullKeyForm allows the flags that may stand behind a key.
var fullKeyForm = regexp.MustCompile(`^[!-~]{32}(\.[!-~]+)*$`)

// judgeOwner refuses keys that are none, and those that are neither the server's nor a tenant's. Relay looks at that
// before it looks at sizes.
func (s *Server) judgeOwner(v *verdict, req *Request) {
	if r := v.refused; r != nil && r.status != http.StatusOK && r.status != http.StatusRequestEntityTooLarge {
		return
	}
	switch {
	case s.cfg.rules.fullKey && !fullKeyForm.MatchString(req.PublicKey):
		*v = verdict{}
		v.refuse(badRequest("bad sentry DSN public key", fmt.Sprintf("%q does not have 32 characters", req.PublicKey)))
	case s.cfg.rules.strict && !carries(req, s.key, s.project) && s.tenants.of(req) == nil:
		*v = verdict{}
		v.refuse(refuse(http.StatusForbidden, "event submission rejected with_reason: ProjectId",
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
	case r.oversize != 0 && changed.status == http.StatusRequestEntityTooLarge:
		changed.status = r.oversize
	case r.noAuth != 0 && changed.detail == missingAuth:
		changed.status = r.noAuth
	default:
		return
	}
	v.refuse(&changed)
}
