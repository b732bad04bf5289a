package reactortransport

import (
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// job is a packet on its way.
type job struct {
	packet   *transport.Packet
	eventID  string
	done     func(*transport.Response, error)
	ticket   account.Ticket
	accepted bool // the ticket is one
}

func (j job) size() int { return len(j.packet.Body) }

// outcome is what became of a job, and is not told yet.
type outcome struct {
	job      job
	response *transport.Response
	err      error
}

// state is what only the goroutine touches that is the reactor.
type state struct {
	waiting  ring[job]
	bytes    int // of the bodies of waiting
	inFlight int
	outcomes ring[outcome] // to be told before the next message is read
	closing  error         // why Close has given up what is left; nil: it has not
	lost     bool          // a callback did not return: the rest run beside each other
}

// post leaves a message to the reactor: a function for it to run. It reports
// false when there is no reactor any more.
func (r *Reactor) post(message func()) bool {
	first, ok := r.inbox.put(message)
	if first {
		go r.run(r.watch.begin())
	}
	return ok
}

// run is the reactor. It ends when its inbox is closed, nothing is in flight
// and everything is told, or when a callback took the goroutine away from it.
func (r *Reactor) run(shift *shift) {
	ended := false
	defer func() {
		if !ended && shift.back() { // the callback ended the goroutine
			go r.run(r.watch.begin())
		}
	}()
	for {
		for r.state.outcomes.len > 0 {
			if !r.callBack(shift, r.state.outcomes.pop()) {
				ended = true
				return
			}
		}
		message, ok := r.inbox.take(r.state.inFlight == 0)
		if !ok {
			ended = true
			return
		}
		message()
	}
}

// callBack tells an outcome; it reports false when the reactor has gone on
// without this goroutine meanwhile.
func (r *Reactor) callBack(shift *shift, o outcome) bool {
	if r.state.lost {
		go r.tell(o)
		return true
	}
	shift.leave()
	r.tell(o)
	return shift.back()
}

// queue is the message that a packet has come.
func (r *Reactor) queue(j job) {
	if r.state.closing != nil {
		r.abandon(j)
		return
	}
	r.state.waiting.push(j)
	r.state.bytes += j.size()
	r.startWaiting()
	for r.cfg.Overflow == transport.DropOldest && r.crowded() {
		r.evict(r.oldest())
	}
}

// oldest takes from the queue.
func (r *Reactor) oldest() job {
	j := r.state.waiting.pop()
	r.state.bytes -= j.size()
	return j
}

func (r *Reactor) startWaiting() {
	for r.state.inFlight < r.cfg.Workers && r.state.waiting.len > 0 {
		j := r.oldest()
		r.gate.start(j.size())
		r.state.inFlight++
		r.inOut.Go(func() { r.deliver(j) })
	}
}

// crowded reports whether more is waiting than may. A packet that is alone may
// be as large as it likes.
func (r *Reactor) crowded() bool {
	n := r.state.waiting.len
	return n > r.cfg.QueueSize || n > 1 && r.state.bytes > r.cfg.QueueBytes
}

func (r *Reactor) evict(j job) {
	r.gate.leave(1, j.size())
	r.conclude(j, nil, fmt.Errorf("%w: event %s was evicted by a newer one (overflow=%s)", transport.ErrQueueFull, j.eventID, transport.DropOldest))
}

func (r *Reactor) conclude(j job, response *transport.Response, err error) {
	r.state.outcomes.push(outcome{job: j, response: response, err: err})
}

// deliver is the I/O goroutine of a packet. It reports back whatever the
// transport below does, short of not returning.
func (r *Reactor) deliver(j job) {
	response, err := (*transport.Response)(nil), errNoReturn
	defer func() {
		if v := recover(); v != nil {
			response, err = nil, fmt.Errorf("reactortransport: sending event %s panicked: %s", j.eventID, guard.Plain(v))
		}
		r.post(func() { r.delivered(j, response, err) })
	}()
	response, err = r.next.Send(r.life, j.packet)
	err = r.explain(j.packet, err)
}

var errNoReturn = errors.New("reactortransport: the send ended its goroutine")

// delivered is the message that an I/O goroutine is done.
func (r *Reactor) delivered(j job, response *transport.Response, err error) {
	r.state.inFlight--
	r.gate.leave(1, 0)
	r.startWaiting()
	r.conclude(j, response, err)
}

// giveUp is the message that Close waits no longer.
func (r *Reactor) giveUp(cause error) {
	r.state.closing = cause
	for r.state.waiting.len > 0 {
		r.abandon(r.oldest())
	}
}

func (r *Reactor) abandon(j job) {
	r.gate.leave(1, j.size())
	r.conclude(j, nil, closedBefore(j.packet, r.state.closing))
}
