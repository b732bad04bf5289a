package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// spotlightStream sends envelopes as Spotlight's sidecar sends them to its
// viewers. Each is a list of its header and its items; an item is a list of
// header and payload. With ?base64 the event's name says so, as viewers expect.
// A stream without Last-Event-ID begins with the oldest stored envelope.
func (a *API) spotlightStream(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	after := p.after(0)
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	name := "application/x-sentry-envelope"
	if r.URL.Query().Has("base64") {
		name += ";base64"
	}
	ctx, cancel := a.lifetime(r)
	defer cancel()
	feed := a.cfg.Store.Feed(after)
	after = feed.After()
	openStream(w).follow(ctx, feed, func(s *sse, d *store.Delivery) {
		if d.Seq <= after { // the last event was sent completely
			return
		}
		if e, ok := d.Envelope(); ok {
			s.send(name, d.Seq, spotlightEnvelope(d.Seq, e))
			return
		}
		for _, e := range d.Events {
			s.send(name, d.Seq, enclosed(d.Seq, e))
		}
	})
}

func spotlightHeader(seq int64, header map[string]json.RawMessage) map[string]any {
	out := map[string]any{}
	for k, v := range header {
		out[k] = v
	}
	out["__spotlight_envelope_id"] = seq
	return out
}

func spotlightEnvelope(seq int64, e sentrytest.Envelope) []any {
	items := []any{}
	for _, item := range e.Items {
		items = append(items, []any{item.Header, spotlightPayload(item)})
	}
	return []any{spotlightHeader(seq, e.Header), items}
}

// spotlightPayload returns JSON as it is, text as a string, and other bytes in
// base64.
func spotlightPayload(item sentrytest.Item) any {
	switch {
	case json.Valid(item.Payload):
		return json.RawMessage(item.Payload)
	case utf8.Valid(item.Payload):
		return string(item.Payload)
	}
	return base64.StdEncoding.EncodeToString(item.Payload)
}

// enclosed makes an envelope for an event of the store endpoint.
func enclosed(seq int64, e *store.Event) []any {
	header := map[string]json.RawMessage{"event_id": json.RawMessage(`"` + e.EventID + `"`)}
	return []any{spotlightHeader(seq, header), []any{[]any{map[string]string{"type": "event"}, e.Raw()}}}
}
