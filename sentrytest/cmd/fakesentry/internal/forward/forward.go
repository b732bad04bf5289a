// Package forward sends the requests that a fakesentry accepted to a real
// Sentry.
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

// Mark is the header with the ids of the forwarders that have sent a request.
const Mark = "X-Fakesentry-Forwarded"

// Forwarder sends accepted requests to a DSN through the queue of the DSN's
// transport. The options of the DSN set its bounds and timeouts. Requests that
// can't be delivered are reported and dropped; their clients already have an
// answer. Methods are safe for concurrent use.
type Forwarder struct {
	dsn    *transport.DSN
	queue  transport.AsyncTransport
	report func(error)
	id     string // the Mark of this forwarder
}

// New opens a forwarder to the DSN. It calls report for each failure, from any
// goroutine. The caller must close the forwarder.
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
		return nil, fmt.Errorf("the transport of %s has no queue, so every client would wait for it: remove the prefix before http or https", parsed)
	}
	return &Forwarder{dsn: parsed, queue: queue, report: report, id: rand.Text()}, nil
}

// Forward queues a request that was accepted. It does not block.
func (f *Forwarder) Forward(a *sentrytest.Arrival) {
	for _, p := range f.packets(a) {
		p.Header.Set(Mark, strings.Join(append(marks(a.Request.Header), f.id), ", "))
		f.queue.SendAsync(context.Background(), p, func(_ *transport.Response, err error) {
			if err != nil {
				f.report(fmt.Errorf("event %s was not forwarded to %s: %w", p.EventID, f.dsn, err))
			}
		})
	}
}

// HasSent reports whether a request with this header came from this forwarder,
// directly or through others.
func (f *Forwarder) HasSent(header http.Header) bool { return slices.Contains(marks(header), f.id) }

// marks returns the ids of the forwarders that have sent a request.
func marks(header http.Header) []string {
	var out []string
	for _, line := range header.Values(Mark) {
		for id := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(id))
		}
	}
	return out
}

// Close sends the queued requests, as long as ctx allows, and releases all
// resources.
func (f *Forwarder) Close(ctx context.Context) error { return f.queue.Close(ctx) }

// URL returns the target's address.
func (f *Forwarder) URL() string { return f.dsn.BaseURL() }

// packets returns the packets for a request: the original where each Sentry
// accepts it.
func (f *Forwarder) packets(a *sentrytest.Arrival) []*transport.Packet {
	all := slices.Concat(a.Events, a.Transactions)
	switch {
	case a.Envelope != nil && a.Envelope.Raw == nil: // the envelope was made from a minidump
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

// reports forwards the reports of a browser. The query carries auth, release
// and environment, so the header must not carry auth too.
func (f *Forwarder) reports(a *sentrytest.Arrival) *transport.Packet {
	p := f.packet("security", a.Request.Header.Get("Content-Type"), []byte(a.Request.Decoded), a.Events[0].EventID)
	p.Category = "security"
	p.Header.Del("X-Sentry-Auth")
	if agent := a.Request.Header.Get("User-Agent"); agent != "" {
		p.Header.Set("User-Agent", agent)
	}
	said, _ := url.ParseQuery(a.Request.Query) // ParseQuery returns the valid part of a malformed query
	query := url.Values{"sentry_key": {f.dsn.PublicKey}}
	for _, name := range []string{"sentry_release", "sentry_environment"} {
		if text := said.Get(name); text != "" {
			query.Set(name, text)
		}
	}
	p.URL += "?" + query.Encode()
	return p
}

// withoutDSN removes the DSN from an envelope's header. Sentry refuses an
// envelope whose DSN differs from that of the request.
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
	return slices.Concat(line, []byte("\n"), rest)
}

// enclosed makes an envelope for an event of the store endpoint, because some
// servers no longer have that endpoint.
func enclosed(e sentrytest.Event) []byte {
	kind := "event"
	if e.Type == "transaction" {
		kind = e.Type
	}
	return fmt.Appendf(nil, "{\"event_id\":%q}\n{\"type\":%q,\"length\":%d}\n%s\n", e.EventID, kind, len(e.Raw), e.Raw)
}

// Header returns the header for requests to the DSN.
func Header(dsn *transport.DSN, contentType string) http.Header {
	client := "fakesentry/" + raven.Version
	auth := "Sentry sentry_version=7, sentry_client=" + client + ", sentry_key=" + dsn.PublicKey
	if secret := dsn.SecretKey.Reveal(); secret != "" {
		auth += ", sentry_secret=" + secret
	}
	return http.Header{"Content-Type": {contentType}, "User-Agent": {client}, "X-Sentry-Auth": {auth}}
}
