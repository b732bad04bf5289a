package transport

import (
	"slices"
	"sync"
	"time"
)

// dispatcher is the machine inside [Threaded]: the packets that wait, the
// callers that wait for room, and the workers that deliver. admission.go and
// room.go take packets in, and fold.go makes them small while they wait.
// pace.go says how many are sent at a time. A packet that fails goes back to
// its place in the queue; pause.go has the rules of when it is tried again.
// ending.go has Flush and Close.
type dispatcher struct {
	*async
	cfg    ThreadedConfig
	worker func() // work, bound once: a capture may start it

	mu       sync.Mutex
	fresh    queue           // packets not tried yet, oldest first
	back     []job           // packets that wait for another attempt, oldest first; all are older than fresh
	inBack   int             // bytes of them
	book     foldBook        // that fresh is folded against
	folding  bool            // a goroutine does it
	foldedTo uint64          // place up to which it has
	last     uint64          // place that was given away last
	workers  int             // goroutines that run
	flights  int             // attempts under way
	pace     pace            // how many attempts may be under way
	waiters  []chan struct{} // callers that wait for room, oldest first
	room     room

	way        way
	limits     RateLimits
	limitErr   error       // the answer that limits came with
	heldUpTo   uint64      // packets up to this place have waited through a pause or a limit
	delivered  uint64      // attempts that succeeded
	hurried    int         // calls of Flush and Close that wait
	lastCut    time.Time   // the last attempt that was made before its time for them
	closeBy    time.Time   // Close's deadline; zero before Close
	over       error       // why Close has given up; nil: it has not
	alarm      *time.Timer // for the next attempt, where nobody else would make it
	alarmAt    time.Time
	watchers   []func(Notice)
	notices    []Notice // not told yet
	announcing bool     // a goroutine is telling them
}

func newDispatcher(next Transport, cfg ThreadedConfig) *dispatcher {
	d := &dispatcher{async: newAsync(next, cfg.ShutdownTimeout, cfg.Logger), cfg: cfg}
	conns := DefaultMaxConns
	if h, ok := next.(*HTTP); ok {
		conns = h.maxConns
	}
	d.pace, d.worker = newPace(cfg.Workers, conns), d.work
	if cfg.SerialCallbacks {
		d.serial = newCallbackLine(&d.crew, d.settle)
	}
	return d
}

func (d *dispatcher) waiting() int { return len(d.back) + d.fresh.len }

func (d *dispatcher) bytes() int { return d.fresh.bytes + d.inBack }

func (d *dispatcher) isClosed() bool {
	select {
	case <-d.closed:
		return true
	default:
		return false
	}
}

// remove takes a packet out of the queue: the i-th that waits.
func (d *dispatcher) remove(i int) job {
	defer d.roomMade()
	if i >= len(d.back) {
		return d.fresh.pop()
	}
	j := d.back[i]
	d.inBack -= size(j.packet)
	if i == 0 { // as mostly
		d.back[0] = job{}
		d.back = d.back[1:]
	} else {
		d.back = slices.Delete(d.back, i, i+1)
	}
	return j
}

// putBack gives a packet its place again.
func (d *dispatcher) putBack(j job) {
	i := len(d.back)
	for i > 0 && d.back[i-1].place > j.place {
		i--
	}
	d.back = slices.Insert(d.back, i, j)
	d.inBack += size(j.packet)
}

// front returns the i-th packet that waits, up to the first of the fresh ones.
func (d *dispatcher) front(i int) *job {
	if i < len(d.back) {
		return &d.back[i]
	}
	return d.fresh.front()
}

// rouse starts a worker for what can be sent now, or sets the alarm for what
// can be sent later. It needs the lock.
func (d *dispatcher) rouse() {
	if d.way.paused {
		if d.way.probing {
			return // its end decides what comes next
		}
	} else if d.workers >= d.pace.limit {
		return // they look for themselves
	}
	if d.waiting() == 0 || d.life.Err() != nil {
		return
	}
	now := time.Now()
	i, at := d.candidate(now)
	switch {
	case i >= 0:
		d.workers++
		d.crew.start(d.worker)
	case at.IsZero():
	case !d.closeBy.IsZero() && at.After(d.closeBy):
		d.giveUp(d.whyNot(now))
	default:
		d.setAlarm(at)
	}
}

func (d *dispatcher) setAlarm(at time.Time) {
	if d.alarm != nil && d.alarmAt.Equal(at) {
		return
	}
	d.alarmAt = at
	if d.alarm == nil {
		d.alarm = time.AfterFunc(time.Until(at), d.ring)
		return
	}
	d.alarm.Reset(time.Until(at))
}

// ring is the alarm.
func (d *dispatcher) ring() {
	d.mu.Lock()
	d.alarmAt = time.Time{}
	d.rouse()
	d.mu.Unlock()
}

func (d *dispatcher) work() {
	ended := false
	defer func() {
		// A callback or a transport may end the goroutine, as a test's FailNow
		// does; the queue must not be left without a worker for that.
		if !ended {
			d.mu.Lock()
			d.retire()
			d.mu.Unlock()
		}
	}()
	for {
		f, ok := d.take()
		if !ok {
			ended = true
			return
		}
		d.attempt(f)
	}
}

// retire is the end of a worker. It needs the lock.
func (d *dispatcher) retire() {
	d.workers--
	d.rouse()
}

// take returns the next packet to be sent. If there is none, the worker is
// retired.
func (d *dispatcher) take() (flight, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := -1
	now := time.Now()
	// What waits at Close's deadline was never sent, and is not sent any more.
	if d.waiting() > 0 && d.life.Err() == nil && (d.way.paused || d.workers <= d.pace.limit) {
		i, _ = d.candidate(now)
	}
	if i < 0 {
		d.retire()
		return flight{}, false
	}
	early := d.early(i, now)
	f := flight{job: d.remove(i), begun: now, probe: d.way.paused, since: d.way.epoch}
	if f.probe {
		d.way.probing, d.way.lastProbe, d.way.forced = true, f.place, false
	}
	if early {
		d.lastCut = now
	}
	d.flights++
	return f, true
}

// attempt sends a packet once and draws the consequences.
func (d *dispatcher) attempt(f flight) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also when the goroutine is ended
		d.landed(f, r, err)
	}()
	p := f.packet
	if f.dict != nil {
		plain, damaged := unfold(p, f.dict)
		if damaged != nil {
			err = damaged
			return
		}
		p = plain
	}
	r, err = d.send(d.life, asOf(p, f.at, time.Now()))
}

// landed is the end of an attempt.
func (d *dispatcher) landed(f flight, r *Response, err error) {
	v, judged := verdict{}, false
	defer func() {
		if !judged { // a method of the program's own error has ended the goroutine
			r, err = nil, errNoReturn
		}
		d.conclude(f, v, r, err)
	}()
	v = judge(err)
	judged = true
}

func (d *dispatcher) conclude(f flight, v verdict, r *Response, err error) {
	d.mu.Lock()
	d.flights--
	settled, err := d.note(&f, v, r, err)
	if !settled {
		d.putBack(f.job)
	}
	d.rouse()
	d.mu.Unlock()
	defer d.announce()
	if settled {
		d.finish(f.job, r, err)
	}
}
