package restytransport

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"sync"

	"github.com/go-resty/resty/v2"
)

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// eventKey marks the contexts of requests that carry events.
type eventKey struct{}

func markEvent(ctx context.Context) context.Context {
	return context.WithValue(ctx, eventKey{}, true)
}

func isEvent(r *http.Request) bool { return r.Context().Value(eventKey{}) != nil }

// guards keeps two drivers from putting a guard before a guard.
var guards sync.Mutex

// keepRedirectsFrom keeps the redirects of events from a program's own client,
// and leaves all other redirects to its policy. The clone of a resty client
// shares the http.Client, and with it the one place where redirects are decided
// on.
func keepRedirectsFrom(client *resty.Client) {
	guards.Lock()
	defer guards.Unlock()
	c := client.GetClient()
	if !isGuard(c.CheckRedirect) {
		c.CheckRedirect = guarded(c.CheckRedirect)
	}
}

// guarded must not be inlined: copies of it would have code of their own.
//
//go:noinline
func guarded(policy func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	if policy == nil {
		policy = atMostTen
	}
	return func(r *http.Request, via []*http.Request) error {
		if isEvent(r) {
			return http.ErrUseLastResponse
		}
		return policy(r, via)
	}
}

// atMostTen is net/http's policy for clients that have none.
func atMostTen(_ *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errTooMany
	}
	return nil
}

var errTooMany = errors.New("stopped after 10 redirects")

// isGuard knows a guard by its code, which all guards share.
func isGuard(check func(*http.Request, []*http.Request) error) bool {
	return check != nil && reflect.ValueOf(check).Pointer() == guardCode
}

var guardCode = reflect.ValueOf(guarded(nil)).Pointer()
