package ravenhttp

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strings"
)

// Route tells the [Middleware] in front of it which pattern was matched, where
// that can't see it: behind handlers that copy the request, and in muxes within
// others. Put it around such a mux, or around handlers that are registered with
// one:
//
//	handler := ravenhttp.Middleware(client)(sessions(ravenhttp.Route(mux)))
//
// Of a mux behind http.StripPrefix the transaction has what was stripped in
// front of the pattern. Of several the innermost counts. Without a Middleware,
// Route only calls next.
func Route(next http.Handler) http.Handler {
	mux, _ := next.(*http.ServeMux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := visitOf(r.Context()); v != nil {
			pattern := r.Pattern
			if mux != nil {
				_, pattern = mux.Handler(r)
			}
			v.matched(pattern, r.URL)
		}
		next.ServeHTTP(w, r)
	})
}

func visitOf(ctx context.Context) (v *visit) {
	defer func() {
		if recover() != nil { // of a context of the program's own
			v = nil
		}
	}()
	v, _ = ctx.Value(visitKey{}).(*visit)
	return v
}

// matched notes a pattern for what is left of the path at u.
func (v *visit) matched(pattern string, u *url.URL) {
	at := strings.IndexByte(pattern, '/')
	if at < 0 || u == nil || v.came.URL == nil {
		return
	}
	if stripped, ok := strings.CutSuffix(v.came.URL.Path, u.Path); ok {
		pattern = pattern[:at] + general(stripped) + pattern[at:]
	}
	v.route.Store(&pattern)
}

// name is the transaction, unless the program names it.
func (v *visit) name() string {
	method, path := v.came.Method, ""
	if v.came.URL != nil {
		path = v.came.URL.Path
	}
	pattern := v.serving.Pattern
	if noted := v.route.Load(); noted != nil {
		pattern = *noted
	} else if hidden := 1; pattern != "" {
		if v.before == "" || pattern != v.before {
			hidden = 2 // the first is the one that told it
		}
		if innerMuxes() >= hidden {
			pattern = extended(pattern, path)
		}
	}
	switch {
	case pattern == "":
		return method + " " + general(path)
	case strings.Contains(pattern, " "):
		return pattern
	}
	return method + " " + pattern
}

// innerMuxes counts the muxes on the stack of this goroutine that the nearest
// middleware has called: behind the one whose pattern is known there may be
// another, which was given a copy of the request.
func innerMuxes() (n int) {
	var pcs [256]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch f.Function {
		case "net/http.(*ServeMux).ServeHTTP":
			n++
		case "github.com/ravenkit/ravenkit/raven/ravenhttp.(*middleware).ServeHTTP":
			return n
		}
		if !more {
			return 0 // a goroutine that the handler has started
		}
	}
}

// extended returns a pattern that leaves the rest of the path open, such as
// /api/, with that rest. Other patterns stay as they are.
func extended(pattern, path string) string {
	at := strings.IndexByte(pattern, '/')
	if at < 0 {
		return pattern
	}
	fixed := pattern[at:]
	if wild := strings.LastIndexByte(fixed, '{'); strings.HasSuffix(fixed, "...}") {
		fixed = fixed[:wild]
	}
	if !strings.HasSuffix(fixed, "/") {
		return pattern
	}
	rest := path
	for range strings.Count(fixed, "/") {
		_, rest, _ = strings.Cut(rest, "/")
	}
	return pattern[:at] + fixed + general(rest)
}

// maxSegments bounds a transaction that is made of a path.
const maxSegments = 12

// general returns a path with {id} in place of the segments that look like one,
// so that the paths of one route are mostly the same.
func general(path string) string {
	segments := strings.SplitN(path, "/", maxSegments+1)
	if len(segments) > maxSegments {
		segments[maxSegments] = "..."
	}
	for i, s := range segments {
		if looksLikeID(s) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// looksLikeID reports whether a segment has digits, but for one or two at the
// end of a word, such as v1 and oauth2; or an @; or is longer than words are.
func looksLikeID(s string) bool {
	const longWord = 40
	if len(s) > longWord || strings.ContainsRune(s, '@') {
		return true
	}
	word := strings.TrimRight(s, "0123456789")
	digits := len(s) - len(word)
	if strings.ContainsAny(word, "0123456789") || digits > 0 && len(s) >= 8 && strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		return true
	}
	return digits > 2 || digits > 0 && (word == "" || strings.ContainsAny(word, "-_.~:,;"))
}

// pathValues are the values that a pattern's wildcards have in a path.
func pathValues(pattern string, u *url.URL) map[string]string {
	at := strings.IndexByte(pattern, '/')
	if at < 0 || u == nil {
		return nil
	}
	values := map[string]string{}
	rest := strings.TrimPrefix(u.Path, "/")
	for segment := range strings.SplitSeq(pattern[at+1:], "/") {
		name, wild := strings.CutPrefix(strings.TrimSuffix(segment, "}"), "{")
		if name, all := strings.CutSuffix(name, "..."); wild && all {
			values[name] = rest
			break
		}
		var value string
		if value, rest, _ = strings.Cut(rest, "/"); wild && name != "$" {
			values[name] = value
		}
	}
	return values
}
