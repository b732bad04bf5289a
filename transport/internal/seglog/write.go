package seglog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// pending is a frame in Log.buf that is not in a segment yet.
type pending struct {
	request    *request
	start, end int
	head       header
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
			open = len(l.requests) > 0
		}
		l.gather()
		l.busy.Store(int64(time.Since(l.opened)) + 1)
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
	r.copying.Lock()
	defer r.copying.Unlock()
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
	batch, retried := l.batch, false
	for len(batch) > 0 {
		n, err := l.put(batch)
		batch = batch[n:]
		if err == nil {
			l.evicted = false
			continue
		}
		failed, ok := errors.AsType[*WriteError](err)
		switch {
		case ok && failed.Op == "sync" && !retried:
			retried = true // in a new segment
			continue
		case ok && IsFull(err) && l.cfg.EvictWhenFull && !l.evicted && l.evict(DiskFull, evictable):
			// Not again before a write succeeds: others may fill the disk.
			l.evicted = true
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
	l.setErr(err)
	l.enter(seg, batch[:good])
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
	held := seg.waiting
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
			r.answer <- answer{pos: seg.pos(len(seg.frames) - 1)}
		}
	}
	seg.since = time.Now()
	if seg.waiting > held { // nobody waits for frames that are handed out
		l.wake()
	}
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
	if errors.Is(err, fs.ErrNotExist) && l.move() {
		seg, err = l.create()
	}
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

// move takes another lane for new frames after somebody removed the directory.
func (l *Log) move() bool {
	if l.cfg.FS.MkdirAll(l.dir) != nil {
		return false
	}
	ln, err := l.takeLane()
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	ln.last = max(ln.last, l.own.last)
	l.own = ln
	l.lanes = append(l.lanes, ln)
	signal(l.rescan)
	return true
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
