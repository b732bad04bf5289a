package serving

import (
	"fmt"
	"sync/atomic"
)

// The states of an exchange.
const (
	connQuiet     int32 = iota // between requests
	connReceiving              // a byte of a request was read, and the request is not on record yet
	connAnswering              // the request is on record, its answer is not finished
	connForeign                // a handler of the program's own has it, see Around
	connStreams                // an HTTP/2 connection whose streams tell what is under way
)

// Request is a request as messages name it. Project says whose it is.
type Request struct {
	Method, Path, Project string
	About                 fmt.Stringer // the request on one line, once it is on record
}

// Exchange is one request and its answer. An HTTP/1.1 connection has one, which
// serves for all its requests; each stream of an HTTP/2 connection has one of
// its own. All methods of the nil exchange do nothing.
type Exchange struct {
	traffic *Traffic
	state   atomic.Int32
	request atomic.Pointer[Request] // that is being handled; nil before its headers were read
}

// begin notes that a request has started, unless one has.
func (e *Exchange) begin() {
	if e != nil {
		e.state.CompareAndSwap(connQuiet, connReceiving)
	}
}

// Foreign notes that a handler of the program's own has the request. It may
// last for ever, or ask about idleness itself, and so counts as rest.
func (e *Exchange) Foreign() {
	if e != nil {
		e.state.Store(connForeign)
		e.traffic.wake()
	}
}

// Handling notes which request it is. It may be asked for until it is recorded,
// and must not change.
func (e *Exchange) Handling(r *Request) {
	if e != nil {
		e.request.Store(r)
		e.state.CompareAndSwap(connForeign, connReceiving)
	}
}

// Recorded notes that the request is on record. Its answer is still to come.
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

// underWay describes what goes on, "" if nothing does. from is the client's
// address. See [traffic.open] for the rest.
func (e *Exchange) underWay(from string, unread bool, answers bool, mine func(project string) bool) string {
	// Asked in this order, a request that is found with connAnswering is on
	// record and not written to any more.
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
