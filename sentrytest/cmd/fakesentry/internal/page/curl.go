package page

import (
	"maps"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// httpView is the HTTP request during which an event happened.
type httpView struct {
	Method, URL string
	Query       string
	Headers     []pair
	Cookies     []pair
	Env         []pair
	Data        *value
	Curl        string
}

func httpRequest(r sentrytest.HTTPRequest) *httpView {
	if r.URL == "" && r.Method == "" && r.Data == nil && len(r.Headers)+len(r.Env)+len(r.Cookies) == 0 && r.QueryString == "" {
		return nil
	}
	v := &httpView{Method: cut(r.Method, 100), URL: cut(r.URL, 2000), Query: cut(r.QueryString, 2000), Cookies: pairs(r.Cookies), Env: pairs(r.Env), Curl: curl(r)}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		v.Headers = append(v.Headers, pair{name, show(strings.Join(r.Headers[name], ", "))})
	}
	if r.Data != nil {
		data := show(r.Data)
		v.Data = &data
	}
	return v
}

// curl returns the request as a command for a POSIX shell.
func curl(r sentrytest.HTTPRequest) string {
	address := r.URL
	if r.QueryString != "" && !strings.Contains(address, "?") {
		address += "?" + strings.TrimPrefix(r.QueryString, "?")
	}
	args := []string{"curl"}
	if r.Method != "" && r.Method != "GET" {
		args[0] += " -X " + quote(r.Method)
	}
	// After --url, a URL that begins with a dash is not an option.
	args[0] += " --url " + quote(address)
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if name == "Content-Length" || name == "Host" {
			continue // curl sets them itself
		}
		for _, v := range r.Headers[name] {
			args = append(args, "-H "+quote(name+": "+v))
		}
	}
	if len(r.Cookies) > 0 && len(r.Headers["Cookie"]) == 0 {
		var cookies []string
		for _, name := range slices.Sorted(maps.Keys(r.Cookies)) {
			cookies = append(cookies, name+"="+r.Cookies[name])
		}
		args = append(args, "-b "+quote(strings.Join(cookies, "; ")))
	}
	switch data := r.Data.(type) {
	case nil:
	case string:
		args = append(args, "--data-raw "+quote(data))
	default:
		args = append(args, "--data-raw "+quote(compact(data)))
	}
	return cut(strings.Join(args, " \\\n  "), maxRaw)
}

// quote quotes a text as one word for a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
