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

// guards keeps two drivers from wrapping a guard in another guard.
var guards sync.Mutex

// keepRedirectsFrom refuses redirects of events on a program's own client, and
// leaves all other redirects to its policy. The clone of a resty client shares
// the http.Client, and with it the only place where redirects are decided.
func keepRedirectsFrom(client *resty.Client) {
	guards.Lock()
	defer guards.Unlock()
	c := client.GetClient()
	if !isGuard(c.CheckRedirect) {
		c.CheckRedirect = guarded(c.CheckRedirect)
	}
}

// guarded must not be inlined: each inlined copy would have code of its own,
// and isGuard would not recognize it.
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

// atMostTen is net/http's policy for clients without one.
func atMostTen(_ *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errTooMany
	}
	return nil
}

var errTooMany = errors.New("stopped after 10 redirects")

// isGuard recognizes a guard by its code, which all guards share.
func isGuard(check func(*http.Request, []*http.Request) error) bool {
	return check != nil && reflect.ValueOf(check).Pointer() == guardCode
}

var guardCode = reflect.ValueOf(guarded(nil)).Pointer()
