package sentrytest

import "sync/atomic"

// The states of an exchange.
const (
	connQuiet     int32 = iota // between requests
	connReceiving              // a byte of a request was read, and the request is not on record yet
	connAnswering              // the request is on record, its answer is not finished
	connForeign                // a handler of the program's own has it, see Around
	connStreams                // an HTTP/2 connection whose streams tell what is under way
)

// exchange is one request and its answer. An HTTP/1.1 connection has one, which serves for all its requests; each
// stream of an HTTP/2 connection has one of its own. The nil exchange belongs to no server and takes notes of nothing.
type exchange struct {
	traffic *traffic
	state   atomic.Int32
	request atomic.Pointer[Request] // that is being handled; nil before its headers were read
}

// begin notes that a request has started, if that is news.
func (e *exchange) begin() {
	if e != nil {
		e.state.CompareAndSwap(connQuiet, connReceiving)
	}
}

// foreign notes that the request may be none of the server's: it may last for ever, or ask about idleness itself.
func (e *exchange) foreign() {
	if e != nil {
		e.state.Store(connForeign)
		e.traffic.wake()
	}
}

// handling notes which request it is. Only its method, path and project are read until it is recorded, and must
// not change until then.
func (e *exchange) handling(r *Request) {
	if e != nil {
		e.request.Store(r)
		e.state.CompareAndSwap(connForeign, connReceiving)
	}
}

// recorded notes that the request is on record.
func (e *exchange) recorded(r *Request) {
	if e != nil {
		e.request.Store(r)
		e.state.Store(connAnswering)
		e.traffic.wake()
	}
}

// rest notes that the request has been answered.
func (e *exchange) rest() {
	e.request.Store(nil)
	e.state.Store(connQuiet)
	e.traffic.wake()
}

// underWay describes what goes on, "" if nothing does. from is the client's address. See [traffic.open] for the rest.
func (e *exchange) underWay(from string, unread bool, answers bool, mine func(*Request) bool) string {
	// Asked in this order, a request that is found with connAnswering is on record and not written to any more.
	r := e.request.Load()
	state := e.state.Load()
	switch {
	case state == connQuiet && !unread, state == connForeign, state == connStreams, state == connAnswering && !answers:
		return ""
	case r != nil && mine != nil && !mine(r):
		return ""
	case r == nil:
		return "a request from " + from + " whose headers are incomplete"
	case state == connAnswering:
		return notSent(r)
	}
	return r.Method + " " + r.Path + ", whose body is incomplete"
}

func notSent(r *Request) string { return r.String() + ", not sent to its end" }
