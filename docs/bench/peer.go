package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/getsentry/sentry-go"
)

// peerRoom is how many events sentry-go keeps while none is delivered: the ring
// buffer before its transport. Further events replace the oldest.
const peerRoom = 100

// peer is a sentry-go client with its defaults, used through a hub as in its
// documentation.
type peer struct{ hub *sentry.Hub }

// newPeer returns a client for a DSN. With an empty DSN the client is what the
// documentation calls effectively disabled. A nil transport is the default.
func newPeer(dsn string, transport http.RoundTripper) (*peer, error) {
	c, err := sentry.NewClient(sentry.ClientOptions{Dsn: dsn, Release: release, HTTPTransport: transport})
	if err != nil {
		return nil, err
	}
	return &peer{hub: sentry.NewHub(c, sentry.NewScope())}, nil
}

// peerDiscard returns sentry-go's client for programs that have none.
func peerDiscard() *peer {
	return &peer{hub: sentry.NewHub(sentry.NewNoopClient(), sentry.NewScope())}
}

func (p *peer) exception(err error) { p.hub.CaptureException(err) }

func (p *peer) message(text string) { p.hub.CaptureMessage(text) }

func (p *peer) flush(ctx context.Context) error {
	if !p.hub.FlushWithContext(ctx) && p.hub.Client().IsEnabled() {
		return errors.New("sentry-go did not flush in time")
	}
	return nil
}

func (p *peer) close() { p.hub.Client().Close() }

// window is sentry-go's default transport with a count of the events in flight,
// for callers that must not lose events: sentry-go has no setting for that.
type window struct {
	next http.RoundTripper
	room chan struct{}
}

func newWindow() *window {
	return &window{
		next: &http.Transport{Proxy: http.ProxyFromEnvironment},
		room: make(chan struct{}, peerRoom),
	}
}

// enter waits until one more event is sure to be kept.
func (w *window) enter() error {
	select {
	case w.room <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(30 * time.Second)
	defer patience.Stop()
	select {
	case w.room <- struct{}{}:
		return nil
	case <-patience.C:
		return fmt.Errorf("sentry-go has delivered nothing for 30 s, with %d events in flight", peerRoom)
	}
}

// RoundTrip makes room for the next event.
func (w *window) RoundTrip(r *http.Request) (*http.Response, error) {
	defer func() { <-w.room }()
	return w.next.RoundTrip(r)
}
