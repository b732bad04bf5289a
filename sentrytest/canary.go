package sentrytest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/secretforms"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// CanaryValue is a secret that must not leave the program. Make one with
// [Canary]; the zero value holds none and finds nothing. All methods are safe
// for concurrent use.
type CanaryValue struct {
	secret   string
	mu       sync.Mutex // guards everything below
	places   []Source
	reported map[placedLeak]bool
}

// placedLeak is a leak in one of the sources, by its index.
type placedLeak struct {
	place int
	leak  Leak
}

// Canary makes a secret for a test to plant, for example as a password, a
// header, a variable or a form field. When the test ends, everything that the
// sources received is searched for it, and each leak fails the test.
// [CanaryValue.Watch] adds sources.
//
// The secret has 32 letters and digits. It is found as it is, in any case,
// escaped for URLs or JSON, in base64 (both alphabets, within other data too)
// and in hexadecimal. Of a server all requests are searched, refused ones
// included: paths, queries, headers, decompressed bodies and attachments. Of
// any other source the JSON of its events is searched.
//
// The search runs in a Cleanup of the test, and once more when a watched
// [Server] or [Tenant] ends. So a client that sends until it is closed may be
// made before or after. With other sources, and a server of [Start], call
// Canary before making the client. What [MaxHistory] or Clear removed can't be
// searched.
func Canary(tb TB, watched ...Source) *CanaryValue {
	tb.Helper()
	c := &CanaryValue{secret: "Canary" + eventid.RandomHex()[:26]}
	c.Watch(watched...)
	tb.Cleanup(func() {
		tb.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
		defer cancel()
		for _, src := range c.sources() {
			// A request that never arrives in full was not received either.
			_ = fullSourceOf(src).settle(ctx)
		}
		c.report(tb, func(Source) bool { return true })
	})
	return c
}

// report fails the test for leaks to the chosen sources that were not reported
// before.
func (c *CanaryValue) report(tb TB, chosen func(Source) bool) {
	tb.Helper()
	var leaks []Leak
	for _, found := range c.search(chosen) {
		if c.isNew(found) {
			leaks = append(leaks, found.leak)
		}
	}
	if len(leaks) == 0 {
		return
	}
	tb.Errorf("sentrytest: the canary %s leaked to %s:%s", c.secret, texts.Count(len(leaks), "place"), listed(leaks, Leak.String))
}

func (c *CanaryValue) isNew(leak placedLeak) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reported[leak] {
		return false
	}
	if c.reported == nil {
		c.reported = map[placedLeak]bool{}
	}
	c.reported[leak] = true
	return true
}

// Secret returns the secret.
func (c *CanaryValue) Secret() string { return c.secret }

// String returns the secret.
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

// Leak is a place that holds a canary's secret.
type Leak struct {
	Carrier string // the request, such as "request 3, POST /api/1/envelope/", or the event
	Place   string // for example "header Cookie" or "event: extra.config.password"
	Form    string // "plain", "URL-encoded", "JSON-encoded", "base64" or "hex"
}

// String returns the leak on one line.
func (l Leak) String() string {
	return texts.OneLine(fmt.Sprintf("%s: %s (%s)", l.Carrier, l.Place, l.Form))
}

// Leaks searches what the watched sources have received so far.
func (c *CanaryValue) Leaks() []Leak {
	var leaks []Leak
	for _, found := range c.search(func(Source) bool { return true }) {
		leaks = append(leaks, found.leak)
	}
	return leaks
}

// search looks for the secret in the chosen sources.
func (c *CanaryValue) search(chosen func(Source) bool) (found []placedLeak) {
	if c.secret == "" {
		return nil
	}
	forms := secretforms.New(c.secret)
	for i, src := range c.sources() {
		if !chosen(src) {
			continue
		}
		for _, leak := range leaksIn(src, forms) {
			found = append(found, placedLeak{i, leak})
		}
	}
	return found
}

// leaksIn searches the requests of a source, or its events if it has no
// requests.
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

// search looks for a secret in one request or event.
type search struct {
	forms   secretforms.Forms
	carrier string
	leaks   []Leak
}

func (s *search) text(place, text string) {
	if form := s.forms.Find(text); form != "" {
		s.leaks = append(s.leaks, Leak{Carrier: s.carrier, Place: place, Form: form})
	}
}

func leaksInRequest(r Request, f secretforms.Forms) []Leak {
	s := search{forms: f, carrier: fmt.Sprintf("request %d, %s %s", r.ID, r.Method, r.Path)}
	s.text("path", r.Path)
	s.text("query", r.Query)
	s.text("host", r.Host)
	for _, name := range texts.SortedKeys(r.Header) {
		s.text("header "+name, name)
		for _, value := range r.Header[name] {
			s.text("header "+name, value)
		}
	}
	before := len(s.leaks)
	body := cmp.Or(r.Decoded, r.Body)
	if r.Protocol == wire.ProtocolEnvelope {
		s.envelope(body)
	} else {
		s.json("event", []byte(body))
	}
	if len(s.leaks) == before {
		// A body that cannot be parsed is searched as it is.
		s.text("body", body)
	}
	if len(s.leaks) == before && body != r.Body {
		s.text("body as sent", r.Body)
	}
	return s.leaks
}

func (s *search) envelope(body string) {
	env, _, _ := parseEnvelope([]byte(body), wire.Grammar{})
	if env == nil {
		return
	}
	s.header("envelope header", env.Header)
	for i, item := range env.Items {
		name := cmp.Or(item.Type, "item") + " item"
		if i > 0 {
			name += " " + strconv.Itoa(i+1)
		}
		s.header(name+" header", item.Header)
		switch {
		case item.Filename != "" || item.Type == "attachment":
			s.text(fmt.Sprintf("attachment %q", item.Filename), string(item.Payload))
		case item.Type == "event":
			s.json("event", item.Payload)
		default:
			s.json(name, item.Payload)
		}
	}
}

func (s *search) header(name string, header map[string]json.RawMessage) {
	for _, key := range texts.SortedKeys(header) {
		s.json(name+": "+key, header[key])
	}
}

// json names the path of every string that holds the secret, object keys
// included.
func (s *search) json(place string, raw []byte) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		s.text(place, string(raw))
		return
	}
	s.value(place, "", tree)
}

func (s *search) value(place, path string, v any) {
	at := place
	if path != "" {
		at = place + ": " + path
	}
	switch v := v.(type) {
	case string:
		s.text(at, v)
	case map[string]any:
		for _, key := range texts.SortedKeys(v) {
			s.text("a key in "+at, key)
			s.value(place, jsontree.Join(path, key), v[key])
		}
	case []any:
		for i, inner := range v {
			s.value(place, jsontree.Join(path, strconv.Itoa(i)), inner)
		}
	}
}
