package ravenhttp

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strings"

	"github.com/ravenkit/ravenkit/internal/guard"
)

// Route passes the matched pattern to the [Middleware] in front of it. Use it
// where Middleware can't see the pattern: behind handlers that copy the
// request, and in muxes within others. Wrap such a mux, or the handlers that
// are registered with one:
//
//	handler := ravenhttp.Middleware(client)(sessions(ravenhttp.Route(mux)))
//
// For a mux behind http.StripPrefix, the transaction has the stripped prefix
// before the pattern. With several Routes, the innermost counts. Without a
// Middleware, Route only calls next.
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
	// The context may be the program's own.
	guard.Do(func() { v, _ = ctx.Value(visitKey{}).(*visit) })
	return v
}

// matched records a pattern that matched the rest of the path in u.
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

// name returns the transaction, unless the program sets it.
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
			hidden = 2 // the first is the mux that set the pattern
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

// innerMuxes counts the muxes on this goroutine's stack below the nearest
// middleware. Behind the mux whose pattern is known there may be another one,
// which got a copy of the request.
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
			return 0 // in a goroutine that the handler started
		}
	}
}

// extended completes a pattern with an open end, such as /api/, with the rest
// of the path. It returns other patterns unchanged.
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

// maxSegments limits a transaction that is made from a path.
const maxSegments = 12

// general returns a path with {id} in place of segments that look like ids, so
// that the paths of one route are usually equal.
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

// looksLikeID reports whether a segment has digits, other than one or two at
// the end of a word, such as v1 and oauth2; or has an @; or is longer than a
// word.
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
