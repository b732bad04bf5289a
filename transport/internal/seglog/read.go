package seglog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxAttempts is how far attempts are counted.
const maxAttempts = 255

// Pos is the position of a frame in an open [Log]. Positions can be compared.
// The zero value is no position.
type Pos struct {
	seg   *segment
	index int
}

// String returns lane, segment and number of the frame.
func (p Pos) String() string {
	if p.seg == nil {
		return ""
	}
	return fmt.Sprintf("%s/%08d/%d", filepath.Base(p.seg.lane.dir), p.seg.number, p.index)
}

// Frame is what Append was given.
type Frame struct {
	Pos        Pos
	Time       time.Time
	Meta, Body []byte
	// Attempts counts the calls of Attempt, up to 255.
	Attempts int
	// Recovered is true for frames that an earlier process appended.
	Recovered bool
}

// Next returns the oldest frame that waits, and counts it as handed out until
// Ack or Release. It waits until there is one. It returns ErrClosed, the cause
// of ctx's end, or an error of the disk; after the latter, call it again later.
// Damaged frames are skipped and reported.
//
// Frames are in order within a lane. Concurrent calls return different frames.
func (l *Log) Next(ctx context.Context) (Frame, error) {
	for {
		l.mu.Lock()
		more := l.more
		seg := l.oldest(func(s *segment) bool { return s.waiting > 0 })
		if more == nil || seg == nil || l.isClosing() {
			l.mu.Unlock()
			if more == nil || l.isClosing() {
				return Frame{}, ErrClosed
			}
			select {
			case <-more:
			case <-l.closing:
			case <-ctx.Done():
				return Frame{}, context.Cause(ctx)
			}
			continue
		}
		for seg.frames[seg.next].state != waiting {
			seg.next++
		}
		pos := Pos{seg, seg.next}
		seg.set(pos.index, out)
		l.mu.Unlock()
		f, err := l.Read(pos)
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, ErrGone): // damaged, or evicted meanwhile
			continue
		}
		l.Release(pos)
		return Frame{}, err
	}
}

// Read returns a frame again. The error is ErrGone if it is acknowledged or
// damaged, or that of the disk. A frame that the disk does not return three
// times is given up, until the next process.
func (l *Log) Read(pos Pos) (Frame, error) {
	if !l.has(pos) {
		return Frame{}, ErrGone
	}
	f, err := l.reader.read(pos)
	switch {
	case err == nil:
		return f, nil
	case !l.has(pos):
		return Frame{}, ErrGone
	case errors.Is(err, errDamaged):
		l.mu.Lock()
		ours := l.ackLocked(pos, Corrupt)
		l.mu.Unlock()
		if ours {
			l.reader.salvage(pos)
		}
		return Frame{}, ErrGone
	}
	return Frame{}, l.unread(pos, err)
}

// unread notes that the disk did not return a frame.
func (l *Log) unread(pos Pos, err error) error {
	const tries = 3
	l.mu.Lock()
	e := &pos.seg.frames[pos.index]
	e.failures++
	lost := e.state != done && (e.failures >= tries || errors.Is(err, fs.ErrNotExist))
	if lost {
		pos.seg.set(pos.index, done)
		pos.seg.kept = !errors.Is(err, fs.ErrNotExist)
		l.markDirty(pos.seg)
	}
	l.mu.Unlock()
	if lost {
		l.lost(Loss{Reason: Unreadable, Frames: 1})
		return ErrGone
	}
	return err
}

func (l *Log) has(pos Pos) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return pos.seg != nil && pos.seg.frames[pos.index].state != done
}

// Ack ends a frame for a reason of the caller's, below 128. It is written in
// the background. It returns false if the frame was done before, for example
// because it was evicted.
func (l *Log) Ack(pos Pos, reason Reason) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ackLocked(pos, reason)
}

func (l *Log) ackLocked(pos Pos, reason Reason) bool {
	if pos.seg == nil || pos.seg.frames[pos.index].state == done {
		return false
	}
	pos.seg.set(pos.index, done)
	pos.seg.records = appendRecord(pos.seg.records, kindAck, byte(reason), pos.seg.frames[pos.index].offset)
	l.markDirty(pos.seg)
	return true
}

// Attempt counts an attempt to deliver a frame, also for later processes. It is
// written in the background.
func (l *Log) Attempt(pos Pos) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pos.seg == nil || pos.seg.frames[pos.index].state == done || pos.seg.frames[pos.index].attempts == maxAttempts {
		return
	}
	e := &pos.seg.frames[pos.index]
	e.attempts++
	pos.seg.records = appendRecord(pos.seg.records, kindAttempt, 0, e.offset)
	l.markDirty(pos.seg)
}

// Release gives a frame back that was handed out: Next returns it again.
func (l *Log) Release(pos Pos) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pos.seg != nil && pos.seg.frames[pos.index].state == out {
		pos.seg.set(pos.index, waiting)
		l.wake()
	}
}

var errDamaged = errors.New("seglog: the frame is damaged")

// reader reads frames. It keeps the last file open.
type reader struct {
	log *Log

	mu  sync.Mutex // held while reading
	seg *segment
	f   File
}

// open returns the file of a segment. The caller holds mu.
func (r *reader) open(seg *segment) (File, error) {
	if r.seg == seg {
		return r.f, nil
	}
	f, err := r.log.cfg.FS.OpenFile(seg.path(), os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	r.close()
	r.seg, r.f = seg, f
	return f, nil
}

func (r *reader) close() {
	if r.f != nil {
		_ = r.f.Close() // only read
	}
	r.seg, r.f = nil, nil
}

// forget closes the file of a segment, or any if it is nil.
func (r *reader) forget(seg *segment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seg == nil || r.seg == seg {
		r.close()
	}
}

func (r *reader) read(pos Pos) (Frame, error) {
	r.log.mu.Lock()
	e := pos.seg.frames[pos.index]
	r.log.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.open(pos.seg)
	if err != nil {
		return Frame{}, err
	}
	off := int64(e.offset)
	b, err := readBytes(f, off, headerSize)
	if err != nil {
		return Frame{}, err
	}
	h, ok := parseHeader(b, off)
	if !ok {
		return Frame{}, errDamaged
	}
	b, err = readBytes(f, off+headerSize, h.meta+h.body)
	if err != nil {
		return Frame{}, err
	}
	if checksum(b, nil) != h.crc {
		return Frame{}, errDamaged
	}
	return Frame{
		Pos: pos, Time: time.Unix(0, h.time), Meta: b[:h.meta:h.meta], Body: b[h.meta:],
		Attempts: int(e.attempts), Recovered: pos.seg.recovered,
	}, nil
}

func readBytes(f File, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := f.ReadAt(b, off)
	switch {
	case got == n:
		return b, nil
	case err == io.EOF: // somebody cut the file
		return nil, errDamaged
	}
	return nil, err
}

// salvage copies a damaged frame, up to the next one, and reports it.
func (r *reader) salvage(pos Pos) {
	r.log.mu.Lock()
	seg := pos.seg
	off, end := int64(seg.frames[pos.index].offset), seg.size
	if pos.index+1 < len(seg.frames) {
		end = int64(seg.frames[pos.index+1].offset)
	}
	r.log.mu.Unlock()
	f, err := r.log.cfg.FS.OpenFile(seg.path(), os.O_RDONLY)
	if err != nil { // removed meanwhile
		r.log.lost(Loss{Reason: Corrupt, Frames: 1})
		return
	}
	defer func() { _ = f.Close() }() // only read
	r.log.salvage.keep(seg, f, off, end)
}
