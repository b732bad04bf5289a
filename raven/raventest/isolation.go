// Package raventest tests code that uses the client: it checks that middleware
// keeps the data of one request out of every other.
package raventest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transporttest"
)

// TB is the part of a test that the package needs: *testing.T and Ginkgo's
// GinkgoTB have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Isolated fails the test if data of one request appears in another one that
// passes the same middleware. wrap puts the middleware around a handler. It is
// called once, with a client that records its events.
//
// Three requests are served: two concurrently, so that each runs while the
// other changes its Context, and one after them. Every handler adds a tag,
// extra data, a user and a breadcrumb through the request's context, and
// captures a message. An event may have only its own request's data; an event
// outside of any request may have none. If the middleware serves one request at
// a time, each of the two waits ten seconds for the other.
func Isolated(tb TB, wrap func(client *raven.Client, next http.Handler) http.Handler) {
	tb.Helper()
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@isolated.invalid/1", raven.WithTransport(rec))
	if err != nil {
		tb.Fatalf("raventest.Isolated: %v", err)
		return
	}
	defer client.Close(context.Background())

	t := &trial{client: client, both: meeting(2), alone: meeting(1)}
	handler := wrap(client, t)
	var parallel sync.WaitGroup
	for _, name := range []string{"first", "second"} {
		parallel.Go(func() { serve(handler, name) })
	}
	parallel.Wait()
	serve(handler, "third")
	client.CaptureMessage(context.Background(), outside)

	if err := client.Flush(context.Background()); err != nil {
		tb.Fatalf("raventest.Isolated: %v", err)
		return
	}
	for _, problem := range judge(rec.Events()) {
		tb.Errorf("%s", problem)
	}
}

const (
	outside = "outside of any request"
	marker  = "X-Raventest"
)

var requests = []string{"first", "second", "third"}

func serve(handler http.Handler, name string) {
	r := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: "/" + name}, RequestURI: "/" + name, Host: "isolated.invalid",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "192.0.2.1:1234",
		Header: http.Header{marker: {name}}, Body: http.NoBody,
	}
	handler.ServeHTTP(make(answer), r)
}

// answer is a ResponseWriter that discards the answer. Package httptest has
// one, but links package testing.
type answer http.Header

func (a answer) Header() http.Header          { return http.Header(a) }
func (answer) Write(text []byte) (int, error) { return len(text), nil }
func (answer) Flush()                         {}
func (answer) WriteHeader(int)                {}

// trial is the handler behind the middleware.
type trial struct {
	client      *raven.Client
	both, alone func()
}

// ServeHTTP adds its data, waits until the other request has added its own, and
// captures.
func (t *trial) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	ctx, name := r.Context(), r.Header.Get(marker)
	meet := t.both
	if name == "third" {
		meet = t.alone
	}
	t.client.TagsContext(ctx, raven.Tags{"of-" + name: name})
	t.client.ExtraContext(ctx, raven.Extra{"of-" + name: name})
	t.client.UserContext(ctx, raven.User{ID: name})
	t.client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "of-" + name})
	meet()
	t.client.CaptureMessage(ctx, name)
	meet()
}

// patience ends a meeting that is not complete, as behind middleware that
// serves one request at a time. Such middleware can't leak between concurrent
// requests.
const patience = 10 * time.Second

// meeting returns a function that waits until n goroutines have called it. It
// can be used repeatedly.
func meeting(n int) func() {
	var mu sync.Mutex
	come := 0
	all := make(chan struct{})
	return func() {
		mu.Lock()
		gate := all
		if come++; come == n {
			come, all = 0, make(chan struct{})
			close(gate)
		}
		mu.Unlock()
		select {
		case <-gate:
		case <-time.After(patience):
		}
	}
}

// judge returns the problems with the events.
func judge(events []sentrytest.Event) []string {
	var problems []string
	for _, name := range append(requests, outside) {
		e, ok := find(events, name)
		if !ok {
			problems = append(problems, fmt.Sprintf("the request %q was not reported: does the middleware call the handler, with the request's context?", name))
			continue
		}
		for _, other := range requests {
			if name != other {
				problems = append(problems, leaks(e, name, other)...)
			} else if e.Tags["of-"+name] == "" {
				problems = append(problems, fmt.Sprintf("the event of the request %q has no tag: two Contexts serve one request", name))
			}
		}
	}
	return problems
}

func find(events []sentrytest.Event, message string) (sentrytest.Event, bool) {
	for _, e := range events {
		if e.Message == message {
			return e, true
		}
	}
	return sentrytest.Event{}, false
}

// leaks returns the data of one request in the event of another one.
func leaks(e sentrytest.Event, name, other string) []string {
	var what []string
	if _, ok := e.Tags["of-"+other]; ok {
		what = append(what, "a tag")
	}
	if _, ok := e.Extra["of-"+other]; ok {
		what = append(what, "extra data")
	}
	if e.User.ID == other {
		what = append(what, "the user")
	}
	for _, b := range e.Breadcrumbs {
		if b.Message == "of-"+other {
			what = append(what, "a breadcrumb")
			break
		}
	}
	if strings.HasSuffix(e.Request.URL, "/"+other) {
		what = append(what, "the request")
	}
	if len(what) == 0 {
		return nil
	}
	into := fmt.Sprintf("the event of the request %q", name)
	if name == outside {
		into = "an event that was captured outside of any request"
	}
	return []string{fmt.Sprintf("%s of the request %q leaked into %s; give every request a Context of its own: "+
		"ctx, _ := raven.NewContext(r.Context(), client), and serve r.WithContext(ctx)", strings.Join(what, ", "), other, into)}
}
