package transport

import (
	"context"
	"errors"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// feedRetry is how long the feeder waits after an error of the disk.
const feedRetry = time.Second

// The reasons of acknowledgements, for those who look at the files.
const (
	ackDelivered seglog.Reason = iota + 1
	ackFailed
	ackUnreadable
)

// noWait is a context that has ended.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// feed reads packets from disk into the queue, until the transport ends.
func (s *spool) feed(log *seglog.Log) {
	for s.waitForSpace() {
		f, err := s.next(log)
		switch {
		case err == nil:
			s.enqueue(log, f)
		case errors.Is(err, seglog.ErrClosed):
			return
		case s.t.life.Err() == nil:
			s.readingFails(true)
			s.pauseFeeding()
			s.readingFails(false)
		}
	}
}

// readingFails keeps Close from waiting for packets that the disk does not
// return.
func (s *spool) readingFails(fails bool) {
	s.t.mu.Lock()
	s.unreadable = fails
	s.t.mu.Unlock()
}

// waitForSpace waits until the queue has room for a packet. It returns false
// when the transport ends.
func (s *spool) waitForSpace() bool {
	for {
		s.t.mu.Lock()
		room := s.queued == 0 || s.queued < s.t.cfg.QueueSize && s.bytes < s.window
		s.t.mu.Unlock()
		if s.t.life.Err() != nil {
			return false
		}
		if room {
			return true
		}
		select {
		case <-s.space:
		case <-s.t.life.Done():
		}
	}
}

func (s *spool) pauseFeeding() {
	timer := time.NewTimer(feedRetry)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.t.life.Done():
	}
}

// next returns the oldest packet on disk that is not in the queue.
func (s *spool) next(log *seglog.Log) (seglog.Frame, error) {
	f, err := log.Next(noWait)
	if !errors.Is(err, context.Canceled) {
		return f, err
	}
	if log.Stats().Unscanned == 0 {
		s.t.mu.Lock()
		s.backlog = false
		s.t.mu.Unlock()
	}
	return log.Next(s.t.life)
}

// enqueue puts a packet from disk into the queue.
func (s *spool) enqueue(log *seglog.Log, f seglog.Frame) {
	t := s.t
	packet, err := s.form.packet(f)
	t.mu.Lock()
	own, ok := s.parked[f.Pos]
	delete(s.parked, f.Pos)
	if !ok {
		s.backlog = true
	}
	j := job{packet: packet, done: own.done, ticket: own.ticket, at: f.Time, kept: f.Pos, keptSize: size(packet), parked: true, recovered: !ok}
	s.count(&j, 1)
	over := t.over
	if over == nil && t.life.Err() != nil {
		over = context.Cause(t.life)
	}
	if err == nil && over == nil {
		t.last++
		j.place = t.last
		t.fresh.push(j)
		t.rouse()
	}
	t.mu.Unlock()
	switch {
	case err != nil:
		log.Ack(f.Pos, ackUnreadable)
		j.packet.EventID = own.eventID
		t.finish(j, nil, &SpoolError{Dir: s.dir, EventID: own.eventID, Reason: SpoolDamaged, Err: err})
	case over != nil:
		t.finish(j, nil, closedBefore(packet, over))
	}
}

// settle ends the time of a packet on disk, except if Close gave it up. It
// returns the error for the callback.
func (s *spool) settle(j *job, err error) error {
	defer func() {
		s.t.mu.Lock()
		s.count(j, -1)
		s.t.mu.Unlock()
	}()
	log := s.log.Load()
	switch {
	case err == nil:
		log.Ack(j.kept, ackDelivered)
	case guard.Is(err, ErrClosed):
		return &SpooledError{EventID: j.packet.EventID, Dir: s.dir, Err: err}
	default:
		log.Ack(j.kept, ackFailed)
	}
	return err
}

// flush waits until the packets of earlier processes that were on disk before
// the call are settled.
func (s *spool) flush(ctx context.Context) error {
	log := s.log.Load()
	if log == nil {
		return nil
	}
	tick := time.NewTicker(lingerInterval)
	defer tick.Stop()
	target := 0
	for {
		stats := log.Stats()
		if target == 0 && stats.Unscanned == 0 {
			target = stats.Recovered
		}
		s.mu.Lock()
		left := target - s.settled
		s.mu.Unlock()
		if left <= 0 && stats.Unscanned == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.t.gone: // what is left stays on disk
			return nil
		case <-ctx.Done():
			return &UndeliveredError{Pending: max(left, 1), Err: context.Cause(ctx)}
		}
	}
}

// tellRecovered tells the watchers what became of a packet of an earlier
// process. known says that the log had counted it as recovered.
func (s *spool) tellRecovered(eventID string, err error, known bool) {
	s.mu.Lock()
	if err == nil {
		s.state.Recovered++
	}
	if known {
		s.settled++
	}
	s.mu.Unlock()
	s.t.mu.Lock()
	s.t.notices = append(s.t.notices, Notice{Kind: NoticeRecovered, EventID: eventID, Err: err})
	s.t.mu.Unlock()
	s.t.announce()
}

var spoolReasons = map[seglog.Reason]SpoolReason{
	seglog.Overflow: SpoolBytes, seglog.DiskFull: SpoolDiskFull, seglog.Expired: SpoolAge,
	seglog.Corrupt: SpoolDamaged, seglog.Unreadable: SpoolDamaged,
}

// lost is called by the log. Callbacks must not run in its goroutines.
func (s *spool) lost(loss seglog.Loss) {
	s.t.crew.start(func() {
		reason := spoolReasons[loss.Reason]
		for _, f := range loss.Known {
			s.lose(f, reason)
		}
		for range loss.Frames - len(loss.Known) {
			s.lose(seglog.Lost{}, reason)
		}
	})
}

func (s *spool) lose(f seglog.Lost, reason SpoolReason) {
	s.t.mu.Lock()
	own, ok := s.parked[f.Pos]
	delete(s.parked, f.Pos)
	s.t.mu.Unlock()
	err := &SpoolError{Dir: s.dir, EventID: own.eventID, Reason: reason}
	if !ok {
		err.EventID = eventIDOf(f.Meta)
		s.tellRecovered(err.EventID, err, f.Pos != seglog.Pos{})
		return
	}
	s.t.async.finish(job{done: own.done, ticket: own.ticket}, nil, err)
}

// maxEnding is how many goroutines run the callbacks of parked packets when
// Close gives up. A callback that never returns keeps one of them.
const maxEnding = 64

// giveUp leaves the parked packets on disk. The caller holds Threaded.mu.
func (s *spool) giveUp(cause error) {
	jobs := make(chan job, len(s.parked))
	for pos, p := range s.parked {
		jobs <- job{packet: &Packet{EventID: p.eventID}, done: p.done, ticket: p.ticket, kept: pos}
		s.queued++ // finish counts it as leaving
	}
	close(jobs)
	clear(s.parked)
	for range min(maxEnding, len(jobs)) {
		s.t.crew.start(func() {
			for j := range jobs {
				s.t.finish(j, nil, closedBefore(j.packet, cause))
			}
		})
	}
}

const lingerInterval = 5 * time.Millisecond

// linger waits until everything on disk is delivered: for Close, after the
// packets of this process. It returns when nothing can be delivered now.
func (s *spool) linger(ctx context.Context) {
	log := s.log.Load()
	if log == nil {
		return
	}
	tick := time.NewTicker(lingerInterval)
	defer tick.Stop()
	for {
		s.t.mu.Lock()
		stop := s.t.way.paused || s.t.over != nil || s.unreadable
		s.t.mu.Unlock()
		if stats := log.Stats(); stop || stats.Waiting+stats.Out+stats.Unscanned == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// logGrace is how long Close waits for a busy disk. What is not written then is
// delivered again by the next process.
const logGrace = time.Second

// close ends the log. What is on disk stays for the next process.
func (s *spool) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, logGrace)
	defer cancel()
	if log := s.log.Load(); log != nil {
		_ = log.Close(ctx) // the disk stands still: the system ends the lock with the process
	}
}
