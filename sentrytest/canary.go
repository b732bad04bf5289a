package sentrytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/secretforms"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// CanaryValue is a secret that must not leave the program. Make one with [Canary]; the zero value holds none and
// finds nothing. All methods are safe for concurrent use.
type CanaryValue struct {
	secret   string
	mu       sync.Mutex // guards everything below
	places   []Source
	reported map[reportedLeak]bool
}

// reportedLeak is a leak in the source of that number.
type reportedLeak struct {
	place int
	leak  Leak
}

// Canary makes a secret for a test to plant: as a password, a header, a variable, a field of a form. When the test ends,
// everything that the sources have received is searched for it, and every place where it leaked fails the test. More
// sources can be added with [CanaryValue.Watch].
//
// The secret is 32 letters and digits, which survive everywhere. It is found as it is, in any case, escaped as in URLs
// and in JSON, in base64 (whatever it is embedded in, both alphabets) and in hexadecimal; in paths, queries, headers,
// bodies after decompression, and attachments. Of a server all requests are searched, refused ones too; of any other
// source the JSON of its events.
//
// The search runs where Canary was called from, and once more when a watched [Server] or [Tenant] ends: so it does not
// matter whether a client that sends until it is closed was made before or after. With other sources, and a server of
// [Start], call Canary before making the client. A history that [MaxHistory] or Clear has cut can't be searched.
func Canary(tb TB, watched ...Source) *CanaryValue {
	tb.Helper()
	c := &CanaryValue{secret: "Canary" + eventid.RandomHex()[:26]}
	c.Watch(watched...)
	tb.Cleanup(func() {
		tb.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
		defer cancel()
		for _, src := range c.sources() {
			// What never arrives in full is not searched, and not received either.
			_ = fullSourceOf(src).settle(ctx)
		}
		c.report(tb, func(Source) bool { return true })
	})
	return c
}

// report fails the test for what has leaked to the chosen sources and was not reported before.
func (c *CanaryValue) report(tb TB, chosen func(Source) bool) {
	tb.Helper()
	forms := secretforms.New(c.secret)
	var leaks []Leak
	for i, src := range c.sources() {
		if !chosen(src) {
			continue
		}
		for _, leak := range leaksIn(src, forms) {
			if c.isNew(reportedLeak{i, leak}) {
				leaks = append(leaks, leak)
			}
		}
	}
	if len(leaks) == 0 {
		return
	}
	var b strings.Builder
	writeList(&b, leaks, Leak.String)
	tb.Errorf("sentrytest: the canary %s leaked to %s:%s", c.secret, texts.Count(len(leaks), "place"), b.String())
}

func (c *CanaryValue) isNew(leak reportedLeak) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reported[leak] {
		return false
	}
	if c.reported == nil {
		c.reported = map[reportedLeak]bool{}
	}
	c.reported[leak] = true
	return true
}

// Secret returns the secret.
func (c *CanaryValue) Secret() string { return c.secret }

// String returns the secret, so that the value can be formatted into anything.
func (c *CanaryValue) String() string { return c.secret }

// Watch adds sources to search.
func (c *CanaryValue) Watch(sources ...Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places = append(c.places, sources...)
	for _, src := range sources {
		fullSourceOf(src).watch(c)
	}
}

func (c *CanaryValue) sources() []Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.places)
}

// Leak is a place to which a canary's secret got.
type Leak struct {
	Carrier string // the request, or the event where there is none: "request 3, POST /api/1/envelope/"
	Place   string // for example "header Cookie" or "event: extra.config.password"
	Form    string // "plain", "URL-encoded", "JSON-encoded", "base64" or "hex"
}

// String returns the leak on one line.
func (l Leak) String() string { return fmt.Sprintf("%s: %s (%s)", l.Carrier, l.Place, l.Form) }

// Leaks searches what the watched sources have received by now.
func (c *CanaryValue) Leaks() []Leak {
	if c.secret == "" {
		return nil
	}
	forms := secretforms.New(c.secret)
	var leaks []Leak
	for _, src := range c.sources() {
		leaks = append(leaks, leaksIn(src, forms)...)
	}
	return leaks
}

// leaksIn searches the requests of a source, or the events of one that has no
// requests to show.
func leaksIn(src Source, f secretforms.Forms) (leaks []Leak) {
	if requests, ok := fullSourceOf(src).requests(); ok {
		for _, req := range requests {
			leaks = append(leaks, leaksInRequest(req, f)...)
		}
		return leaks
	}
	for _, e := range src.Events() {
		search := search{forms: f, carrier: e.String()}
		search.json("event", e.Raw)
		leaks = append(leaks, search.leaks...)
	}
	return leaks
}
