package seglog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
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

// pending is a frame in Log.buf that is not in a segment yet.
type pending struct {
	request    *request
	start, end int
	head       header
}

// Append writes a frame and returns its position. Next returns it later. A zero
// time is now. Append waits until the frame is written, and on the disk with
// Config.Sync: until ctx ends, and not longer than Config.Wait. While the disk
// stands still, it returns ErrStalled at once. The log may still read meta and
// body after an error; they must not change.
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
	if since := l.busy.Load(); since != 0 && time.Since(time.Unix(0, since)) > l.cfg.Wait {
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
		return Pos{}, err
	}
	a := <-r.answer
	return a.pos, a.err
}

// write does all writing until the log closes.
func (l *Log) write() {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for open := true; open; {
		select {
		case r := <-l.requests:
			l.take(r)
		case <-l.kick:
		case <-tick.C:
			l.maintain()
		case <-l.closing:
			open = false
		}
		l.gather()
		l.busy.Store(time.Now().UnixNano())
		l.commit()
		if !open {
			l.seal(l.active())
		}
		l.settle()
		l.busy.Store(0)
	}
	if l.acks != nil {
		_ = l.acks.Close() // written before
	}
}

// take copies a request's frame into the buffer.
func (l *Log) take(r *request) {
	if !r.phase.CompareAndSwap(queued, taken) {
		return
	}
	start := len(l.buf)
	l.buf = append(l.buf, make([]byte, headerSize)...)
	l.buf = append(append(l.buf, r.meta...), r.body...)
	l.batch = append(l.batch, pending{
		request: r, start: start, end: len(l.buf),
		head: header{meta: len(r.meta), body: len(r.body), time: r.at.UnixNano(), crc: r.crc},
	})
	r.meta, r.body = nil, nil
}

// batchSize is about how much is written at a time.
const batchSize = 1 << 20

// gather takes the requests that wait.
func (l *Log) gather() {
	for len(l.buf) < batchSize {
		select {
		case r := <-l.requests:
			l.take(r)
		default:
			return
		}
	}
}

// commit writes the batch.
func (l *Log) commit() {
	batch, retried, evicted := l.batch, false, false
	for len(batch) > 0 {
		n, err := l.put(batch)
		batch = batch[n:]
		var failed *WriteError
		switch {
		case err == nil:
			continue
		case errors.As(err, &failed) && failed.Op == "sync" && !retried:
			retried = true // in a new segment
			continue
		case failed != nil && isFull(err) && l.cfg.EvictWhenFull && !evicted && l.evict(DiskFull, evictable):
			evicted = true // once: others may fill the disk
			continue
		}
		l.fail(batch, err)
		batch = nil
	}
	clear(l.batch)
	l.batch = l.batch[:0]
	if l.buf = l.buf[:0]; cap(l.buf) > 2*batchSize {
		l.buf = nil
	}
}

// put writes as much of a batch as fits into one segment, and returns how many
// frames are in the log now.
func (l *Log) put(batch []pending) (int, error) {
	start, size := batch[0].start, 0
	for i, p := range batch {
		if i == 0 || int64(p.end-start) <= l.cfg.SegmentBytes {
			size = p.end - start
		}
	}
	if err := l.makeRoom(int64(size)); err != nil {
		return 0, err
	}
	seg, err := l.segmentFor(int64(batch[0].end - start))
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(batch) && (n == 0 || seg.size+int64(batch[n].end-start) <= l.cfg.SegmentBytes) {
		p := &batch[n]
		p.head.offset = seg.size + int64(p.start-start)
		p.head.write(l.buf[p.start:])
		n++
	}
	op := "write"
	wrote, err := seg.file.WriteAt(l.buf[start:batch[n-1].end], seg.size)
	if all := batch[n-1].end - start; err == nil && wrote < all {
		err = io.ErrShortWrite
	}
	good := 0 // frames that are written
	for good < n && batch[good].end-start <= wrote {
		good++
	}
	if good > 0 && l.cfg.Sync {
		if syncErr := seg.file.Sync(); syncErr != nil {
			good, op, err = 0, "sync", syncErr
		}
	}
	l.enter(seg, batch[:good])
	l.setErr(err)
	if err == nil {
		return good, nil
	}
	// The file is not trusted any more. The next frame goes into another one.
	if cut := seg.file.Truncate(seg.size); cut != nil {
		l.disown(seg, batch[good:n])
	}
	l.seal(seg)
	return good, &WriteError{Op: op, Path: seg.path(), Err: err}
}

// enter makes written frames known, and answers their requests.
func (l *Log) enter(seg *segment, batch []pending) {
	if len(batch) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range batch {
		r := p.request
		e := entry{offset: uint32(p.head.offset), state: r.state}
		if !r.phase.CompareAndSwap(taken, answered) {
			e.state = done
			seg.records = appendRecord(seg.records, kindAck, byte(Withdrawn), e.offset)
			l.markDirty(seg)
			r = nil
		}
		seg.add(e, p.head.time)
		seg.size += p.head.size()
		if r != nil {
			r.answer <- answer{pos: Pos{seg, len(seg.frames) - 1}}
		}
	}
	seg.since = time.Now()
	l.wake()
}

// disown acknowledges frames that failed and that could not be cut off.
func (l *Log) disown(seg *segment, batch []pending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range batch {
		seg.records = appendRecord(seg.records, kindAck, byte(Withdrawn), uint32(p.head.offset))
	}
	l.markDirty(seg)
}

func (l *Log) fail(batch []pending, err error) {
	for _, p := range batch {
		if p.request.phase.CompareAndSwap(taken, answered) {
			p.request.answer <- answer{err: err}
		}
	}
}

func (l *Log) setErr(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Err = err
}

// active returns the segment that takes frames, or nil.
func (l *Log) active() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.own.segments); n > 0 && !l.own.segments[n-1].sealed {
		return l.own.segments[n-1]
	}
	return nil
}

// segmentFor returns a segment with room for a frame.
func (l *Log) segmentFor(size int64) (*segment, error) {
	seg := l.active()
	if seg != nil && seg.size > 0 && seg.size+size > l.cfg.SegmentBytes {
		l.seal(seg)
		seg = nil
	}
	if seg != nil {
		return seg, nil
	}
	seg, err := l.create()
	if err == nil {
		return seg, nil
	}
	l.setErr(err)
	return nil, &WriteError{Op: "create", Path: l.own.dir, Err: err}
}

func (l *Log) create() (*segment, error) {
	l.mu.Lock()
	// A number is never used again, not even by a process that finds the
	// directory empty: this one may still have positions of its old files.
	l.own.last = max(l.own.last+1, uint64(max(time.Now().UnixMilli(), 0)))
	seg := &segment{lane: l.own, number: l.own.last, scanned: true}
	l.mu.Unlock()
	f, err := l.cfg.FS.OpenFile(seg.path(), os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err == nil && l.cfg.Sync {
		if err = l.cfg.FS.SyncDir(seg.lane.dir); err != nil {
			_ = f.Close()
			_ = l.cfg.FS.Remove(seg.path())
		}
	}
	if err != nil {
		return nil, err
	}
	seg.file = f
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own.segments = append(l.own.segments, seg)
	return seg, nil
}

// seal ends a segment; nil is none.
func (l *Log) seal(seg *segment) {
	if seg == nil {
		return
	}
	_ = seg.file.Close() // written before
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.sealed = true
	l.markDirty(seg)
}

// makeRoom removes segments until a number of bytes fits into MaxBytes.
func (l *Log) makeRoom(size int64) error {
	if l.cfg.MaxBytes <= 0 {
		return nil
	}
	if size > l.cfg.MaxBytes {
		return ErrTooLarge
	}
	for {
		l.mu.Lock()
		fits := l.bytes()+size <= l.cfg.MaxBytes
		unscanned := l.oldest(func(s *segment) bool { return !s.scanned }) != nil
		l.mu.Unlock()
		switch {
		case fits:
			return nil
		case l.evict(Overflow, evictable):
		case unscanned: // it can be removed as soon as it was read
			return nil
		case l.active() != nil:
			l.seal(l.active())
		default:
			return ErrFull
		}
	}
}

func evictable(s *segment) bool { return s.sealed && s.scanned && !s.stuck && s.out == 0 }

// evict removes the oldest segment that fulfils a condition, and reports its
// frames as lost. It returns false if there is none, or if it is still there.
func (l *Log) evict(reason Reason, ok func(*segment) bool) bool {
	l.mu.Lock()
	seg := l.oldest(ok)
	if seg == nil {
		l.mu.Unlock()
		return false
	}
	var lost []entry
	for i, e := range seg.frames {
		if e.state == waiting {
			lost = append(lost, e)
			l.ackLocked(Pos{seg, i}, reason)
		}
	}
	seg.kept = false
	l.mu.Unlock()
	loss := Loss{Reason: reason, Frames: len(lost)}
	if f, err := l.cfg.FS.OpenFile(seg.path(), os.O_RDONLY); err == nil {
		for _, e := range lost {
			if frame, err := readFrame(f, e); err == nil {
				loss.Metas = append(loss.Metas, bytes.Clone(frame.Meta))
			}
		}
		_ = f.Close() // only read
	}
	l.settleSegment(seg)
	if loss.Frames > 0 {
		l.lost(loss)
	}
	return !seg.stuck
}

// maintain does what is due each minute.
func (l *Log) maintain() {
	active := l.active()
	l.mu.Lock()
	for _, ln := range l.lanes {
		for _, seg := range ln.segments {
			if seg.stuck {
				l.markDirty(seg)
			}
		}
	}
	old := active != nil && l.cfg.MaxAge > 0 && len(active.frames) > 0 && active.expired(l.cfg.MaxAge)
	l.mu.Unlock()
	if old {
		l.seal(active)
	}
	if active != nil && !old {
		// A directory may be removed below a running process.
		if f, err := l.cfg.FS.OpenFile(active.path(), os.O_RDONLY); err == nil {
			_ = f.Close()
		} else if errors.Is(err, fs.ErrNotExist) {
			l.seal(active)
		}
	}
	if l.cfg.MaxAge > 0 {
		for l.evict(Expired, func(s *segment) bool { return evictable(s) && s.waiting > 0 && s.expired(l.cfg.MaxAge) }) {
		}
	}
}

// settle writes records, and removes segments and lanes that are done.
func (l *Log) settle() {
	l.mu.Lock()
	dirty := l.dirty
	l.dirty = nil
	for _, seg := range dirty {
		seg.dirty = false
	}
	l.mu.Unlock()
	for _, seg := range dirty {
		l.settleSegment(seg)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lanes = slices.DeleteFunc(l.lanes, func(ln *lane) bool {
		empty := ln != l.own && len(ln.segments) == 0
		if empty {
			_ = ln.lock.Close() // another process may have it
		}
		return empty
	})
}

func (l *Log) settleSegment(seg *segment) {
	l.mu.Lock()
	gone, unused := seg.removed, seg.isDone()
	l.mu.Unlock()
	if gone || unused && l.remove(seg) {
		return
	}
	l.mu.Lock()
	records := seg.records
	seg.records = nil
	l.mu.Unlock()
	if len(records) == 0 || l.writeRecords(seg, records) == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.records = append(records, seg.records...)
	if !seg.dirty { // tried again with the next write
		seg.dirty = true
		l.dirty = append(l.dirty, seg)
	}
}

func (l *Log) writeRecords(seg *segment, records []byte) error {
	if l.ackOf != seg {
		f, err := l.cfg.FS.OpenFile(seg.ackPath(), os.O_RDWR|os.O_CREATE)
		if err != nil {
			return err
		}
		if l.acks != nil {
			_ = l.acks.Close() // written before
		}
		l.acks, l.ackOf = f, seg
	}
	off := seg.ackSize - seg.ackSize%recordSize // over a torn record
	if _, err := l.acks.WriteAt(records, off); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.ackSize = off + int64(len(records))
	return nil
}

// remove removes the files of a segment. It returns false if they are still
// there.
func (l *Log) remove(seg *segment) bool {
	if l.ackOf == seg {
		_ = l.acks.Close() // removed below
		l.acks, l.ackOf = nil, nil
	}
	// The order matters: frames without their records would be new.
	if err := l.cfg.FS.Remove(seg.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.mu.Lock()
		defer l.mu.Unlock()
		seg.stuck = true
		return false
	}
	_ = l.cfg.FS.Remove(seg.ackPath()) // the next process removes it
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.removed = true
	seg.lane.segments = slices.DeleteFunc(seg.lane.segments, func(s *segment) bool { return s == seg })
	return true
}
