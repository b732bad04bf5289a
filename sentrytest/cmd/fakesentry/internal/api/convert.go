package api

import (
	"cmp"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// Event returns the summary of an event, as the API sends it.
func Event(e *store.Event) wire.Event {
	return wire.Event{
		Seq: e.Seq, Request: e.Delivery.Seq, EventID: e.EventID, Type: cmp.Or(e.Type, "error"), Level: e.Level, Title: e.Title, Culprit: e.Culprit, Group: e.Group,
		ProjectID: e.ProjectID, PublicKey: e.PublicKey, Release: e.Release, Environment: e.Environment, Platform: e.Platform,
		SDK: wire.SDK{Name: e.SDKName, Version: e.SDKVersion}, Timestamp: moment(e.Timestamp), Received: e.Received.UTC(),
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Request returns a request as the API sends it.
func Request(d *store.Delivery) wire.Request {
	r := d.Request
	out := wire.Request{
		Seq: d.Seq, Received: r.Time.UTC(), Method: r.Method, Path: r.Path, Query: r.Query, TLS: r.TLS, Proto: r.Proto, Header: r.Header,
		ProjectID: r.ProjectID, PublicKey: r.PublicKey, Client: r.Client, ContentEncoding: r.ContentEncoding,
		WireSize: len(r.Body), Size: len(r.Decoded), Status: r.Answer.Status, Fault: r.Answer.Step, Items: []wire.Item{}, Events: []string{},
	}
	if d.Rejection != nil {
		out.Refusal = &wire.Refusal{Reason: d.Rejection.Reason, Causes: append([]string{}, d.Rejection.Causes...)}
	}
	for _, item := range d.Items {
		out.Items = append(out.Items, wire.Item{Type: item.Type, Filename: item.Filename, Size: item.Size})
	}
	for _, e := range d.Events {
		out.Events = append(out.Events, e.EventID)
	}
	return out
}
