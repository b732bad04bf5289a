// Package forward passes on what a fakesentry has accepted to a real Sentry.
package forward

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// Mark is the header that names the forwarders which have passed a request on.
const Mark = "X-Fakesentry-Forwarded"

// Forwarder sends accepted requests to a DSN: asynchronously, through the queue of the DSN's transport, whose bounds and
// time-outs are the DSN's options. What can't be delivered is reported and forgotten; whoever sent it has long had
// its answer. Methods are safe for concurrent use.
type Forwarder struct {
	dsn    *transport.DSN
	queue  transport.AsyncTransport
	report func(error)
	id     string // in the Mark of what this forwarder sends
}

// New opens a forwarder to the DSN. report is called with every failure, from any goroutine. The forwarder has to be
// closed.
func New(dsn string, registry *transport.Registry, report func(error)) (*Forwarder, error) {
	parsed, err := transport.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	t, err := registry.Open(parsed, transport.Env{})
	if err != nil {
		return nil, err
	}
	queue, ok := t.(transport.AsyncTransport)
	if !ok {
		_ = t.Close(context.Background())
		return nil, fmt.Errorf("the transport of %s has no queue, and would hold up every client: leave out what stands before http or https", parsed)
	}
	return &Forwarder{dsn: parsed, queue: queue, report: report, id: rand.Text()}, nil
}

// Forward puts an arrival into the queue if it was accepted, and does not wait.
func (f *Forwarder) Forward(a *sentrytest.Arrival) {
	for _, p := range f.packets(a) {
		p.Header.Set(Mark, strings.Join(append(marks(a.Request.Header), f.id), ", "))
		f.queue.SendAsync(context.Background(), p, func(_ *transport.Response, err error) {
			if err != nil {
				f.report(fmt.Errorf("event %s was not passed on to %s: %w", p.EventID, f.dsn, err))
			}
		})
	}
}

// HasSent reports whether the request with this header has come from this forwarder, perhaps through others.
func (f *Forwarder) HasSent(header http.Header) bool { return slices.Contains(marks(header), f.id) }

// marks returns the ids of the forwarders that have passed a request on.
func marks(header http.Header) []string {
	var out []string
	for _, line := range header.Values(Mark) {
		for id := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(id))
		}
	}
	return out
}

// Close sends what waits, as long as ctx allows, and frees everything.
func (f *Forwarder) Close(ctx context.Context) error { return f.queue.Close(ctx) }

// URL returns where it forwards to.
func (f *Forwarder) URL() string { return f.dsn.BaseURL() }

// packets returns what is to be sent for an arrival: what was received, as far as every Sentry takes that.
func (f *Forwarder) packets(a *sentrytest.Arrival) []*transport.Packet {
	all := slices.Concat(a.Events, a.Transactions)
	switch {
	case a.Envelope != nil && a.Envelope.Raw == nil: // it was made of a minidump
		p := f.packet("minidump", a.Request.Header.Get("Content-Type"), []byte(a.Request.Decoded), a.Envelope.EventID)
		return []*transport.Packet{p}
	case a.Envelope != nil:
		body := []byte(a.Request.Decoded)
		if a.Envelope.DSN != "" {
			body = withoutDSN(a.Envelope, body)
		}
		return []*transport.Packet{f.packet("envelope", envelopeType, body, a.Envelope.EventID)}
	case len(all) == 0:
		return nil
	case a.Request.Protocol == "security":
		return []*transport.Packet{f.reports(a)}
	}
	var out []*transport.Packet
	for _, e := range all {
		out = append(out, f.packet("envelope", envelopeType, enclosed(e), e.EventID))
	}
	return out
}

const envelopeType = "application/x-sentry-envelope"

// packet makes a packet for an endpoint.
func (f *Forwarder) packet(endpoint, contentType string, body []byte, id string) *transport.Packet {
	return &transport.Packet{
		URL: f.dsn.BaseURL() + "/api/" + f.dsn.ProjectID + "/" + endpoint + "/", Header: Header(f.dsn, contentType), Body: body, EventID: id, Category: "error",
	}
}

// reports passes on what a browser has sent. Its auth, release and environment stand in the query, where auth in the
// header would be a second one.
func (f *Forwarder) reports(a *sentrytest.Arrival) *transport.Packet {
	p := f.packet("security", a.Request.Header.Get("Content-Type"), []byte(a.Request.Decoded), a.Events[0].EventID)
	p.Category = "security"
	p.Header.Del("X-Sentry-Auth")
	if agent := a.Request.Header.Get("User-Agent"); agent != "" {
		p.Header.Set("User-Agent", agent)
	}
	said, _ := url.ParseQuery(a.Request.Query) // what can be read of a malformed one counts
	query := url.Values{"sentry_key": {f.dsn.PublicKey}}
	for _, name := range []string{"sentry_release", "sentry_environment"} {
		if text := said.Get(name); text != "" {
			query.Set(name, text)
		}
	}
	p.URL += "?" + query.Encode()
	return p
}

// withoutDSN takes the DSN out of an envelope's header: Sentry refuses an envelope whose DSN is not the request's.
func withoutDSN(e *sentrytest.Envelope, body []byte) []byte {
	header := map[string]json.RawMessage{}
	for k, v := range e.Header {
		if k != "dsn" {
			header[k] = v
		}
	}
	line, err := json.Marshal(header)
	_, rest, ok := bytes.Cut(body, []byte("\n"))
	if err != nil || !ok {
		return body
	}
	return joinLines(line, rest)
}

// joinLines puts a header before what follows it.
func joinLines(header, rest []byte) []byte {
	return append(append(append(make([]byte, 0, len(header)+1+len(rest)), header...), '\n'), rest...)
}

// enclosed makes an envelope of an event that came to the store endpoint, which not every Sentry has any more.
func enclosed(e sentrytest.Event) []byte {
	kind := "event"
	if e.Type == "transaction" {
		kind = e.Type
	}
	header := fmt.Sprintf("{\"event_id\":%q}\n{\"type\":%q,\"length\":%d}", e.EventID, kind, len(e.Raw))
	return append(joinLines([]byte(header), e.Raw), '\n')
}

// Header returns the header that a request to the DSN needs.
func Header(dsn *transport.DSN, contentType string) http.Header {
	client := "fakesentry/" + raven.Version
	auth := "Sentry sentry_version=7, sentry_client=" + client + ", sentry_key=" + dsn.PublicKey
	if secret := dsn.SecretKey.Reveal(); secret != "" {
		auth += ", sentry_secret=" + secret
	}
	return http.Header{"Content-Type": {contentType}, "User-Agent": {client}, "X-Sentry-Auth": {auth}}
}
