package page

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// Config says what the pages are about. The first group has to be set.
type Config struct {
	Store  *store.Store
	Faults func() api.Faults            // called for each request that is about faults
	DSN    func(r *http.Request) string // that everybody shares, as the client of the request reaches it
	TLSDSN func(r *http.Request) string // of https; "" when there is none
	// Lifetime ends the live streams, before the server itself ends.
	Lifetime context.Context

	Version string           // of the program; may be empty
	Now     func() time.Time // nil is time.Now
	Zone    *time.Location   // of the times that are shown; nil is time.Local
}

// Pages serves all addresses of the package. Make it with [New].
type Pages struct {
	cfg       Config
	mux       *http.ServeMux
	handler   http.Handler // mux, protected
	switching sync.Mutex   // held while the list of faults is changed
}

// New returns the handler of the pages. Forms that change something are taken
// from the pages themselves alone: a request that a browser makes for a page of
// another origin is refused.
func New(cfg Config) *Pages {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	p := &Pages{cfg: cfg, mux: http.NewServeMux()}
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /{$}":                            p.list,
		"POST /clear":                         p.clear,
		"GET /events/{event}":                 p.event,
		"POST /events/{event}/delete":         p.deleteEvent,
		"GET /events/{event}/preview/{index}": p.preview,
		"GET /requests":                       p.requests,
		"GET /requests/{seq}":                 p.request,
		"GET /faults":                         p.faults,
		"POST /faults":                        p.addFault,
		"POST /faults/remove":                 p.removeFault,
		"POST /faults/clear":                  p.clearFaults,
		"GET /setup":                          p.setup,
		"GET /live":                           p.stream,
		"GET /assets/{name}":                  asset,
		"GET /favicon.ico": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, assetURL("icon.svg"), http.StatusFound)
		},
	} {
		p.mux.HandleFunc(pattern, handle)
	}
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.fail(w, r, http.StatusNotFound, "There is no such page: "+r.URL.Path)
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fail(w, r, http.StatusForbidden, "This form was not sent from a page of this server, so nothing was changed.")
	}))
	p.handler = secured(protection.Handler(p.mux))
	return p
}

// ServeHTTP serves a page.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// Has reports whether there is a page, or a form, at the request's address.
func (p *Pages) Has(r *http.Request) bool {
	_, pattern := p.mux.Handler(r)
	return pattern != "/"
}

// policy lets a page load and send to what is its own, and run nothing that
// stands in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// With no-referrer, browsers would send "Origin: null" with the forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// frame is what every page has.
type frame struct {
	Title    string
	Section  string // of the navigation: "events", "requests", "faults", "setup" or ""
	Version  string
	Last     int64 // number of the newest arrival, from which the live stream goes on
	Counters counters
}

// counters are the figures in the head of every page: of what is kept.
type counters struct {
	Kept, Requests, Refused, Faulted, Lost, Dropped int
	FaultsOn                                        int
}

func (p *Pages) frame(title, section string) frame {
	last := p.cfg.Store.Last() // before anything else is read: what comes meanwhile is shown again
	s := p.cfg.Store.Held()
	f := frame{Title: title, Section: section, Version: p.cfg.Version, Last: last}
	f.Counters = counters{Kept: s.Kept, Requests: s.Requests, Refused: s.Refused, Faulted: s.Faults, Dropped: s.Dropped, FaultsOn: len(p.cfg.Faults().Faults())}
	for _, n := range s.Discarded {
		f.Counters.Lost += n
	}
	return f
}

// render sends a page. It is made whole before its first byte is sent, so that
// a failure is not half a page.
func render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := templates[name].ExecuteTemplate(&b, "layout", data); err != nil {
		http.Error(w, fmt.Sprintf("the page can't be made: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that is gone is nobody's problem
}

type failureView struct {
	frame
	Status  int
	Message string
}

func (p *Pages) fail(w http.ResponseWriter, _ *http.Request, status int, message string) {
	render(w, status, "failure", failureView{p.frame(http.StatusText(status), ""), status, message})
}

// back sends the browser to a page after a form, so that a reload does not send
// the form again.
func back(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// maxForm is how many bytes of a form are read.
const maxForm = 64 << 10

// form reads the form of a request, and answers for itself when there is none.
func (p *Pages) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, http.StatusBadRequest, "The form can't be read: "+err.Error())
		return false
	}
	return true
}

var templates = parse("list", "event", "requests", "request", "faults", "setup", "failure")

// parse reads the templates of the pages, each with the layout and the parts
// that all share.
func parse(names ...string) map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	all := make(map[string]*template.Template, len(names))
	for _, name := range names {
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return all
}
