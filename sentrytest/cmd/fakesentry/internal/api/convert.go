package api

import (
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Request returns a request as the API sends it.
func Request(d *store.Delivery) wire.Request {
	r := d.Request
	out := wire.Request{
		Seq: d.Seq, Received: r.Time.UTC(), Method: r.Method, Path: r.Path, Query: r.Query, TLS: r.TLS, Proto: r.Proto, Header: r.Header,
		ProjectID: r.ProjectID, PublicKey: r.PublicKey, Client: r.Client, ContentEncoding: r.ContentEncoding,
		WireSize: len(r.Body), Size: len(r.Decoded), Status: r.Answer.Status, Fault: r.Answer.Step,
		Items: append([]wire.Item{}, d.Items...), Events: []string{},
	}
	if d.Rejection != nil {
		out.Refusal = &wire.Refusal{Reason: d.Rejection.Reason, Causes: append([]string{}, d.Rejection.Causes...)}
	}
	for _, e := range d.Events {
		out.Events = append(out.Events, e.EventID)
	}
	return out
}
