package transport

import (
	"slices"
	"sync"
	"time"
)

// dispatcher is the queue and the workers inside [Threaded]. admission.go and
// room.go accept packets, fold.go compresses them while they wait, and pace.go
// decides how many are sent at a time. A packet that fails returns to its place
// in the queue; pause.go decides when it is tried again. ending.go has Flush
// and Close.
type dispatcher struct {
	*async
	cfg ThreadedConfig
	// Work, bound once, so that starting a worker does not allocate.
	worker func()

	mu    sync.Mutex
	fresh queue // packets not tried yet, oldest first
	// Packets that wait for another attempt, oldest first; all are older than
	// those in fresh.
	back     []job
	inBack   int             // their size in bytes
	book     foldBook        // the dictionary for fresh
	folding  bool            // a goroutine is folding
	foldedTo uint64          // the packets up to this place have been folded
	last     uint64          // the last place that was assigned
	workers  int             // running goroutines
	flights  int             // attempts in flight
	pace     pace            // how many attempts may be in flight
	waiters  []chan struct{} // callers that wait for room, oldest first
	room     room

	way      way
	limits   RateLimits
	limitErr error // the answer that set the limits
	// Packets up to this place have waited during a pause or a limit.
	heldUpTo   uint64
	delivered  uint64      // attempts that succeeded
	hurried    int         // waiting calls of Flush and Close
	lastCut    time.Time   // when an attempt was last made early for them
	closeBy    time.Time   // Close's deadline; zero before Close
	over       error       // why Close gave up; nil: it did not
	alarm      *time.Timer // starts the next attempt when no worker runs
	alarmAt    time.Time
	watchers   []func(Notice)
	notices    []Notice // to be sent to the watchers
	announcing bool     // a goroutine is sending them
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

func (d *dispatcher) remove(i int) job {
	defer d.roomMade()
	if i >= len(d.back) {
		return d.fresh.pop()
	}
	j := d.back[i]
	d.inBack -= size(j.packet)
	if i == 0 { // the usual case
		d.back[0] = job{}
		d.back = d.back[1:]
	} else {
		d.back = slices.Delete(d.back, i, i+1)
	}
	return j
}

// putBack returns a packet to its place among those that have failed.
func (d *dispatcher) putBack(j job) {
	i := len(d.back)
	for i > 0 && d.back[i-1].place > j.place {
		i--
	}
	d.back = slices.Insert(d.back, i, j)
	d.inBack += size(j.packet)
}

// front returns the i-th waiting packet, up to and including the first fresh
// one.
func (d *dispatcher) front(i int) *job {
	if i < len(d.back) {
		return &d.back[i]
	}
	return d.fresh.front()
}

// rouse starts a worker if a packet can be sent now, and otherwise sets the
// alarm. The caller holds the lock.
func (d *dispatcher) rouse() {
	if d.way.paused {
		if d.way.probing {
			return // the end of the probe decides what comes next
		}
	} else if d.workers >= d.pace.limit {
		return // the running workers take the packet
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

// ring runs when the alarm goes off.
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
		// does. The queue must not lose its worker by that.
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

// retire ends a worker. The caller holds the lock.
func (d *dispatcher) retire() {
	d.workers--
	d.rouse()
}

// take returns the next packet to send. If there is none, it retires the
// worker.
func (d *dispatcher) take() (flight, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := -1
	now := time.Now()
	// Packets that still wait at Close's deadline are not sent.
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

func (d *dispatcher) attempt(f flight) {
	r, err := (*Response)(nil), errNoReturn
	defer func() { // also if the goroutine is ended by runtime.Goexit
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

func (d *dispatcher) landed(f flight, r *Response, err error) {
	v, judged := verdict{}, false
	defer func() {
		if !judged { // a method of the error has ended the goroutine
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
