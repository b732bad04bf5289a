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
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Config configures the pages. The first group of fields is required.
type Config struct {
	Store  *store.Store
	Faults func() api.Faults            // called for each request about faults
	DSN    func(r *http.Request) string // the shared DSN, with the host that the client used
	TLSDSN func(r *http.Request) string // for https; "" without TLS
	// Lifetime ends the live streams before the server itself ends.
	Lifetime context.Context

	Version string           // of the program; may be empty
	Now     func() time.Time // nil means time.Now
	Zone    *time.Location   // of the times on the pages; nil means time.Local
}

// Pages serves all addresses of the package. Make it with [New].
type Pages struct {
	cfg       Config
	mux       *http.ServeMux
	handler   http.Handler // mux, protected
	switching sync.Mutex   // held while the faults change
}

// New returns the handler of the pages. It refuses forms that a browser sends
// from a page of another origin.
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

// Has reports whether the request's address is a page or a form.
func (p *Pages) Has(r *http.Request) bool {
	_, pattern := p.mux.Handler(r)
	return pattern != "/"
}

// policy lets a page load and send only to its own server. It forbids inline
// scripts and styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// With no-referrer, browsers would send "Origin: null" with forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// frame is the data that all pages share.
type frame struct {
	Title    string
	Section  string // in the navigation: "events", "requests", "faults", "setup" or ""
	Version  string
	Last     int64 // number of the newest arrival, where the live stream begins
	Counters counters
}

// counters are the figures in the head of each page. They count the store's
// contents.
type counters struct {
	fakesentryclient.Stats
	Lost     int // events that clients reported as lost
	FaultsOn int
}

func (p *Pages) frame(title, section string) frame {
	last := p.cfg.Store.Last() // read first, so that later arrivals are shown again rather than missed
	c := counters{Stats: p.cfg.Store.Held(), FaultsOn: len(p.cfg.Faults().Faults())}
	for _, lost := range c.Discarded {
		c.Lost += lost.Quantity
	}
	return frame{Title: title, Section: section, Version: p.cfg.Version, Last: last, Counters: c}
}

// render sends a page. It renders the whole page first, so that a failure does
// not send half a page.
func render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := templates[name].ExecuteTemplate(&b, "layout", data); err != nil {
		http.Error(w, fmt.Sprintf("the page can't be rendered: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails if the browser has left
}

type failureView struct {
	frame
	Status  int
	Message string
}

func (p *Pages) fail(w http.ResponseWriter, _ *http.Request, status int, message string) {
	render(w, status, "failure", failureView{p.frame(http.StatusText(status), ""), status, message})
}

// back redirects the browser after a form, so that reloading does not send the
// form again.
func back(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// maxForm bounds the bytes of a form.
const maxForm = 64 << 10

// form reads the form of a request. It reports success; otherwise it has
// answered.
func (p *Pages) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, http.StatusBadRequest, "The form can't be read: "+err.Error())
		return false
	}
	return true
}

var templates = parse("list", "event", "requests", "request", "faults", "setup", "failure")

// parse reads the templates of the pages. Each has the shared layout and parts.
func parse(names ...string) map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	all := make(map[string]*template.Template, len(names))
	for _, name := range names {
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return all
}
