package serving

import (
	"fmt"
	"sync/atomic"
)

// The states of an exchange.
const (
	connQuiet     int32 = iota // between requests
	connReceiving              // a byte of a request was read, and the request is not recorded yet
	connAnswering              // the request is recorded, its answer is not finished
	connForeign                // a handler of the program has the request
	connStreams                // an HTTP/2 connection: its streams have states of their own
)

// Request is a request as messages name it. Project says who owns it.
type Request struct {
	Method, Path, Project string
	About                 fmt.Stringer // the request on one line, once it is recorded
}

// Exchange is one request and its answer. An HTTP/1.1 connection has one for
// all its requests; each stream of an HTTP/2 connection has its own. All
// methods of the nil exchange do nothing.
type Exchange struct {
	traffic *Traffic
	state   atomic.Int32
	request atomic.Pointer[Request] // that is being handled; nil before its headers were read
}

// begin notes that a request has started, unless one is in flight.
func (e *Exchange) begin() {
	if e != nil {
		e.state.CompareAndSwap(connQuiet, connReceiving)
	}
}

// Foreign notes that a handler of the program has the request. It may last for
// ever, or wait for idleness itself, so it counts as idle.
func (e *Exchange) Foreign() {
	if e != nil {
		e.state.Store(connForeign)
		e.traffic.wake()
	}
}

// Handling notes the request. Others may read it until it is recorded, so it
// must not change.
func (e *Exchange) Handling(r *Request) {
	if e != nil {
		e.request.Store(r)
		e.state.CompareAndSwap(connForeign, connReceiving)
	}
}

// Recorded notes that the request is recorded. Its answer is not sent yet.
func (e *Exchange) Recorded(r *Request) {
	if e != nil {
		e.request.Store(r)
		e.state.Store(connAnswering)
		e.traffic.wake()
	}
}

// rest notes that the request has been answered.
func (e *Exchange) rest() {
	e.request.Store(nil)
	e.state.Store(connQuiet)
	e.traffic.wake()
}

// underWay describes the request in flight, "" for none. from is the client's
// address. See [Traffic.open] for answers and mine.
func (e *Exchange) underWay(from string, unread bool, answers bool, mine func(project string) bool) string {
	// In this order, a request with the state connAnswering is recorded and not
	// written to any more.
	r := e.request.Load()
	state := e.state.Load()
	switch {
	case state == connQuiet && !unread, state == connForeign, state == connStreams, state == connAnswering && !answers:
		return ""
	case r != nil && mine != nil && !mine(r.Project):
		return ""
	case r == nil:
		return "a request from " + from + " whose headers are incomplete"
	case state == connAnswering:
		return notSent(r)
	}
	return r.Method + " " + r.Path + ", whose body is incomplete"
}

func notSent(r *Request) string { return r.About.String() + ", not sent to its end" }
