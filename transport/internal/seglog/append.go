package seglog

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// request is an Append that waits for the writer.
type request struct {
	at         time.Time
	meta, body []byte
	crc        uint32
	state      state
	phase      atomic.Int32
	copying    sync.Mutex // held while meta and body are copied
	timer      *time.Timer
	answer     chan answer // has room for one
}

// The phases of a request. The writer takes and answers it; its caller can
// leave it before.
const (
	queued int32 = iota
	taken
	answered
	left
)

type answer struct {
	pos Pos
	err error
}

// Append writes a frame and returns its position. Next returns it later. A zero
// time is now. Append waits until the frame is written, and on the disk with
// Config.Sync: until ctx ends, and not longer than Config.Wait. When the disk
// has stood still for ten times as long, it returns ErrStalled at once. It does
// not keep meta and body.
//
// The error is the cause of ctx's end, a *[WriteError], or wraps ErrStalled,
// ErrFull, ErrTooLarge or ErrClosed. The frame is not in the log then, unless
// the process ends before the log has withdrawn it.
func (l *Log) Append(ctx context.Context, at time.Time, meta, body []byte) (Pos, error) {
	return l.append(ctx, at, meta, body, waiting)
}

// Hold is Append for a frame that counts as handed out: Next returns it only
// after Release, or in a later process.
func (l *Log) Hold(ctx context.Context, at time.Time, meta, body []byte) (Pos, error) {
	return l.append(ctx, at, meta, body, out)
}

// patience is how many times Config.Wait the disk may stand still before an
// Append does not wait for it. A busy disk often needs longer than one Wait.
const patience = 10

func (l *Log) append(ctx context.Context, at time.Time, meta, body []byte, st state) (pos Pos, err error) {
	defer func() {
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.stats.Unsaved++
		}
	}()
	if len(meta) > MaxMeta || len(body) > MaxBody {
		return Pos{}, ErrTooLarge
	}
	if l.isClosing() {
		return Pos{}, ErrClosed
	}
	if since := l.busy.Load(); since != 0 && time.Since(l.opened)-time.Duration(since) > patience*l.cfg.Wait {
		return Pos{}, ErrStalled
	}
	r, ok := l.idle.Get().(*request)
	if ok {
		r.timer.Reset(l.cfg.Wait)
	} else {
		r = &request{timer: time.NewTimer(l.cfg.Wait), answer: make(chan answer, 1)}
	}
	defer r.timer.Stop()
	if at.IsZero() {
		at = time.Now()
	}
	r.at, r.meta, r.body, r.state, r.crc = at, meta, body, st, checksum(meta, body)
	r.phase.Store(queued)
	select {
	case l.requests <- r:
	case <-l.closing:
		return Pos{}, ErrClosed
	case <-r.timer.C:
		return Pos{}, ErrStalled
	case <-ctx.Done():
		return Pos{}, context.Cause(ctx)
	}
	select {
	case a := <-r.answer:
		l.idle.Put(r)
		return a.pos, a.err
	case <-l.done:
		err = ErrClosed
	case <-r.timer.C:
		err = ErrStalled
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if r.phase.CompareAndSwap(queued, left) {
		r.meta, r.body = nil, nil // the queue must not hold them
		return Pos{}, err
	}
	if r.phase.CompareAndSwap(taken, left) {
		r.copying.Lock() // until the writer has copied them
		defer r.copying.Unlock()
		return Pos{}, err
	}
	a := <-r.answer
	return a.pos, a.err
}
