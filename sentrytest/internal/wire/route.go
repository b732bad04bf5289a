package wire

import (
	"net/http"
	"strings"
)

// Route is the endpoint and project of a path.
type Route struct {
	Protocol string // one of the constants below, or "" for none
	Project  string // "" on the legacy /api/store/ and for Spotlight

	Spotlight bool // an envelope that needs no auth
}

// The endpoints, which are the last segment of a path.
const (
	ProtocolStore    = "store"
	ProtocolEnvelope = "envelope"
	ProtocolSecurity = "security"
	ProtocolMinidump = "minidump"
)

// Protocols are the endpoints.
var Protocols = map[string]bool{ProtocolStore: true, ProtocolEnvelope: true, ProtocolSecurity: true, ProtocolMinidump: true}

// RouteOf reads /api/{project}/{endpoint}/ and the legacy /api/store/. It
// accepts a path before /api, repeated slashes and a missing trailing slash.
// http.ServeMux would answer repeated slashes with a redirect, which turns a
// POST into a GET.
func RouteOf(path string) Route {
	rest, endpoint := cutSegment(path)
	if !Protocols[endpoint] {
		return Route{}
	}
	rest, project := cutSegment(rest)
	if _, api := cutSegment(rest); api == "api" {
		return Route{Protocol: endpoint, Project: project}
	}
	if project == "api" && endpoint == ProtocolStore {
		return Route{Protocol: endpoint}
	}
	return Route{}
}

// Path is the exact path of the route.
func (r Route) Path() string {
	if r.Project == "" {
		return "/api/" + r.Protocol + "/"
	}
	return "/api/" + r.Project + "/" + r.Protocol + "/"
}

// cutSegment cuts the last segment off a path, with all the slashes around it;
// both are "" where there is none.
func cutSegment(path string) (rest, last string) {
	path = strings.TrimRight(path, "/")
	at := strings.LastIndexByte(path, '/') + 1
	return path[:at], path[at:]
}

// Allows reports whether the endpoint takes the method.
func (r Route) Allows(method string) bool {
	return method == http.MethodPost || (method == http.MethodGet && r.Protocol == ProtocolStore)
}

// The headers that let a browser's SDK report from another origin.
const (
	corsMethods = "POST, GET, OPTIONS"
	corsAllow   = "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, " +
		"authentication, authorization, content-encoding, transfer-encoding"
	corsExpose = "x-sentry-error, x-sentry-rate-limits, retry-after"
)

// Values of every answer, made once. The slices of a header map are not changed
// in place.
var (
	corsOriginValues = []string{"*"}
	corsExposeValues = []string{corsExpose}
)

// SetCORS sets the headers that let a page of another origin read the answer.
func SetCORS(h http.Header) {
	h["Access-Control-Allow-Origin"] = corsOriginValues
	h["Access-Control-Expose-Headers"] = corsExposeValues
}

// Preflight answers the OPTIONS request that a browser sends before a POST.
func Preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsAllow)
	h.Set("Access-Control-Max-Age", "3600")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}
