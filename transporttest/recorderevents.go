package transporttest

import (
	"context"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var _ sentrytest.Source = (*Recorder)(nil)

// Events returns the events in the recorded packets, oldest first, in the form
// of a sentrytest.Server's events. Packets that can't be parsed have none.
func (r *Recorder) Events() []sentrytest.Event { return events(r.Packets()) }

func events(packets []transport.Packet) []sentrytest.Event {
	var all []sentrytest.Event
	for _, p := range packets {
		if strings.HasSuffix(p.URL, "/store/") {
			if e, err := sentrytest.ParseEvent(p.Body); err == nil {
				all = append(all, e)
			}
			continue
		}
		all = append(all, envelopeEvents(p.Body)...)
	}
	return all
}

func envelopeEvents(body []byte) []sentrytest.Event {
	envelope, err := sentrytest.ParseEnvelope(body)
	if err != nil {
		return nil
	}
	var all []sentrytest.Event
	for _, item := range envelope.ItemsOfType("event") {
		e, err := sentrytest.ParseEvent(item.Payload)
		if err != nil {
			continue
		}
		if envelope.EventID != "" {
			e.EventID = envelope.EventID
		}
		all = append(all, e)
	}
	return all
}

// Wait waits until n events meet all predicates, and returns the first n,
// oldest first. If ctx ends first, the error is a *sentrytest.WaitError that
// lists the other events.
func (r *Recorder) Wait(ctx context.Context, n int, preds ...sentrytest.Predicate) ([]sentrytest.Event, error) {
	for {
		r.mu.Lock()
		changed := r.changed.wait()
		r.mu.Unlock()
		found, err := sentrytest.EventList(r.Events()).Wait(ctx, n, preds...)
		if err == nil {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, err
		}
	}
}
