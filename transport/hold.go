package transport

import (
	"fmt"
	"time"
)

// Holder is a transport that keeps an accepted packet until its fate is
// certain: delivered, refused by the server for good, evicted from a full
// queue, given up after many attempts, or given up by Close. [Threaded] is one,
// and so are the transports built on it: threaded+resty, fasthttp and reactor.
// These rules apply in addition to those of [AsyncTransport]:
//   - An attempt is repeated after: no complete answer (a failed dial, name
//     resolution or handshake, a time-out, a broken connection), 408, 502, 503
//     and 504. 500 is tried three times in all.
//   - A packet waits n² seconds after its nth failure, 36 s at most, spread by
//     a tenth either way. If the answer has a Retry-After, the packet waits
//     exactly that long, an hour at most. A failure halves how many packets are
//     sent at a time, unless no server was there at all.
//   - The transport pauses as a whole after a failed dial or handshake, after a
//     Retry-After, after 401, 403, 404 and other statuses that refuse the
//     client rather than the event, and when two different packets have failed
//     with no success between them. While it pauses, one packet at a time is
//     sent as a probe, each time a different one if possible. A success ends
//     the pause; then one packet is sent at a time, and one more after each
//     success.
//   - 400, 413 and 422 lose their packet and nothing else. 401, 403 and 404
//     lose their packet and pause.
//   - A packet that has failed five times while others were delivered in
//     between, or ten times in at least an hour, is given up with its last
//     error. The second half does not apply to packets in a spool.
//   - While a rate limit is in force, new packets of its categories are refused
//     with a *[RateLimitedError] that is Held. Packets that were accepted
//     before wait until it ends, an hour at most. The packet whose answer
//     starts the limit is lost, unless it has waited before: after a failure,
//     or on disk.
//   - Flush shortens a pause: while a Flush waits, a probe is sent each second.
//     It does not shorten a Retry-After or a rate limit.
//   - With overflow=block, a packet is refused at once while the transport
//     pauses: no caller waits while the server is away.
//   - With workers=1, packets keep their order, except for probes.
//   - Send is one attempt, past the queue and the pause. Its packet is never
//     held. Its success ends a pause.
//   - A packet of [CategoryInternal] is tried once.
//   - An attempt that is made more than a minute after its packet was accepted
//     has its own time as sent_at and sentry_timestamp.
type Holder interface {
	AsyncTransport
	// HoldState returns the state of the delivery.
	HoldState() HoldState
	// Watch calls fn when a pause begins and when it ends. It returns false if
	// the transport holds nothing, as a wrapper around one that does not hold;
	// then fn is never called. fn is called by one goroutine at a time, under
	// no lock, in the order of events. It must return soon, and must not call
	// Flush or Close. Watch must be called before the first packet is sent.
	// Each of several watchers receives every notice.
	Watch(fn func(Notice)) bool
}

// HoldState is the state of the delivery of a [Holder]. The zero value is a
// transport that has nothing to deliver and no error.
type HoldState struct {
	// Paused reports whether delivery waits for the next probe, or for the end
	// of a rate limit on errors.
	Paused bool
	// Failures counts the attempts that have failed in this pause.
	Failures int
	// Since is when the pause began.
	Since time.Time
	// Until is when the next attempt is due.
	Until time.Time
	// Err is the last failure; nil unless Paused.
	Err error
	// Waiting counts the accepted packets that are not being sent now.
	Waiting int
	// InFlight counts the packets that are being sent now.
	InFlight int
}

// NoticeKind is the kind of a [Notice].
type NoticeKind int

// The kinds of notices.
const (
	// NoticePaused: delivery has stopped, and packets wait.
	NoticePaused NoticeKind = iota + 1
	// NoticeResumed: delivery continues.
	NoticeResumed
	// NoticeRecovered: a packet that an earlier process left in the spool has
	// its outcome: Err is nil if it was delivered, else why it is lost. EventID
	// is "" if it could not be read. The other fields are zero.
	NoticeRecovered
)

// Notice is a message of a [Holder] to its watchers.
type Notice struct {
	Kind NoticeKind
	// Since is when the pause began.
	Since time.Time
	// Until is when the next attempt is due; zero for NoticeResumed.
	Until time.Time
	// Err is the failure that began the pause; for NoticeResumed, the last
	// failure before its end.
	Err error
	// EventID is the packet that failed, or the packet whose delivery ended the
	// pause.
	EventID string
	// Waiting counts the packets that wait.
	Waiting int
}

// Watch calls fn when a pause begins and when it ends, as [Holder] says.
func (t *Threaded) Watch(fn func(Notice)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers = append(t.watchers, fn)
	if len(t.notices) > 0 {
		t.crew.start(t.announce)
	}
	return true
}

var _ Holder = (*Threaded)(nil)

// trouble is the history of a packet that was not delivered at once.
type trouble struct {
	err    error     // of the last attempt
	first  time.Time // the first failure
	last   time.Time // the last attempt
	due    time.Time // the earliest next attempt
	hard   bool      // due comes from the server
	fails  int
	beaten int    // failures with deliveries of other packets in between
	mark   uint64 // Threaded's count of deliveries at the last failure

	// When it began to wait for rate limits; zero: it does not wait for any.
	limited time.Time
}

const (
	maxHeld       = time.Hour // the longest wait that a server can ask for
	maxAsked      = 3         // attempts at a packet that is answered with 500
	maxBeaten     = 5
	maxFails      = 10
	minFailsSpan  = time.Hour
	minLimited    = time.Second // between two attempts that are rate limited
	flushInterval = time.Second // between two probes for Flush and Close
)

// fail records a failed attempt. It reports whether another one should follow.
// A patient packet may wait for any time.
func (t *trouble) fail(v verdict, err error, now time.Time, delivered uint64, patient bool) (again bool) {
	if t.fails == 0 {
		t.first, t.beaten = now, 1
	} else if delivered > t.mark {
		t.beaten++
	}
	t.fails++
	t.err, t.last, t.mark = err, now, delivered
	t.due, t.hard = now.Add(pauseAfter(t.fails)), false
	if v.retryAfter > 0 {
		t.due, t.hard = now.Add(v.retryAfter), true
	}
	switch {
	case v.internal && t.fails >= maxAsked,
		t.beaten >= maxBeaten,
		!patient && t.fails >= maxFails && now.Sub(t.first) >= minFailsSpan:
		return false
	}
	return true
}

// givenUp adds to a packet's last error how often it was tried.
func (t *trouble) givenUp(err error) error {
	if t == nil || t.fails < 2 {
		return err
	}
	return fmt.Errorf("%w (tried %d times)", err, t.fails)
}
