// Package forward passes on what a fakesentry has accepted to a real Sentry.
package forward

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// Forwarder sends accepted requests to a DSN: asynchronously, through the queue of the DSN's transport, whose bounds and
// time-outs are the DSN's options. What can't be delivered is reported and forgotten; whoever sent it has long had
// its answer. Methods are safe for concurrent use.
type Forwarder struct {
	dsn    *transport.DSN
	queue  transport.AsyncTransport
	report func(error)
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
	return &Forwarder{dsn: parsed, queue: queue, report: report}, nil
}

// Forward puts an arrival into the queue if it was accepted, and does not wait.
func (f *Forwarder) Forward(a *sentrytest.Arrival) {
	p := f.packet(a)
	if p == nil {
		return
	}
	f.queue.SendAsync(context.Background(), p, func(_ *transport.Response, err error) {
		if err != nil {
			f.report(fmt.Errorf("event %s was not passed on to %s: %w", p.EventID, f.dsn, err))
		}
	})
}

// Close sends what waits, as long as ctx allows, and frees everything.
func (f *Forwarder) Close(ctx context.Context) error { return f.queue.Close(ctx) }

// Host returns the host and port that is forwarded to.
func (f *Forwarder) Host() string { return f.dsn.Host }

// packet returns what is to be sent for an arrival, nil for nothing.
func (f *Forwarder) packet(a *sentrytest.Arrival) *transport.Packet {
	switch {
	case a.Envelope != nil:
		body := []byte(a.Request.Decoded)
		if a.Envelope.DSN != "" {
			body = withoutDSN(a.Envelope, body)
		}
		return &transport.Packet{
			URL: f.dsn.EnvelopeURL(), Header: Header(f.dsn, "application/x-sentry-envelope"), Body: body, EventID: a.Envelope.EventID, Category: "error",
		}
	case len(a.Events) > 0:
		e := a.Events[0]
		return &transport.Packet{URL: f.dsn.EnvelopeURL(), Header: Header(f.dsn, "application/x-sentry-envelope"), Body: enclosed(e), EventID: e.EventID, Category: "error"}
	}
	return nil
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
	header := fmt.Sprintf("{\"event_id\":%q}\n{\"type\":\"event\",\"length\":%d}", e.EventID, len(e.Raw))
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
