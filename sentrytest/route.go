package sentrytest

import (
	"net/http"
	"strings"
)

// route is what a path leads to.
type route struct {
	protocol string // one of the constants below, or "" for none
	project  string // "" on the legacy /api/store/ and for Spotlight

	spotlight bool // an envelope that needs no auth
}

const (
	protocolStore    = "store"
	protocolEnvelope = "envelope"
	protocolSecurity = "security"
	protocolMinidump = "minidump"
)

var protocols = map[string]bool{protocolStore: true, protocolEnvelope: true, protocolSecurity: true, protocolMinidump: true}

// route adds what only some servers have to the paths of all servers.
func (s *Server) route(path string) route {
	if s.cfg.spotlight && strings.Trim(path, "/") == "stream" {
		return route{protocol: protocolEnvelope, spotlight: true}
	}
	return s.cfg.rules.route(path)
}

// routeOf reads /api/{project}/{endpoint}/ and the legacy /api/store/ (protocol section 1.2). A path before /api,
// repeated slashes and a missing trailing slash are all accepted. It works by hand
// because http.ServeMux answers repeated slashes with a redirect, which turns a POST into a GET.
func routeOf(path string) route {
	rest, endpoint := cutSegment(path)
	if !protocols[endpoint] {
		return route{}
	}
	rest, project := cutSegment(rest)
	if _, api := cutSegment(rest); api == "api" {
		return route{protocol: endpoint, project: project}
	}
	if project == "api" && endpoint == protocolStore {
		return route{protocol: endpoint}
	}
	return route{}
}

// path is how the route is spelled exactly.
func (r route) path() string {
	if r.project == "" {
		return "/api/" + r.protocol + "/"
	}
	return "/api/" + r.project + "/" + r.protocol + "/"
}

// cutSegment cuts the last segment off a path, with all the slashes around it; both are "" where there is none.
func cutSegment(path string) (rest, last string) {
	path = strings.TrimRight(path, "/")
	at := strings.LastIndexByte(path, '/') + 1
	return path[:at], path[at:]
}

// allows reports whether the endpoint takes the method.
func (r route) allows(method string) bool {
	return method == http.MethodPost || (method == http.MethodGet && r.protocol == protocolStore)
}

// The headers of protocol section 1.2 that let a browser's SDK report from another origin.
const (
	corsMethods = "POST, GET, OPTIONS"
	corsAllow   = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, " +
		"authentication, authorization, content-encoding, transfer-encoding"
	corsExpose = "x-sentry-error, x-sentry-rate-limits, retry-after"
)

// Values that every answer carries, made once. Nobody changes the slices of a header map in place.
var (
	corsOriginValues = []string{"*"}
	corsExposeValues = []string{corsExpose}
)

func setCORS(h http.Header) {
	h["Access-Control-Allow-Origin"] = corsOriginValues
	h["Access-Control-Expose-Headers"] = corsExposeValues
}

// preflight answers the question that a browser asks before it posts.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsAllow)
	h.Set("Access-Control-Max-Age", "3600")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}
