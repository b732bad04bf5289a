package seglog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxAttempts is how far attempts are counted.
const maxAttempts = 255

// Pos is the position of a frame in an open [Log]. Positions can be compared.
// The zero value is no position.
type Pos struct {
	seg    *segment
	index  int
	offset uint32
}

// String returns the lane, the segment, and the offset of the frame in it.
func (p Pos) String() string {
	if p.seg == nil {
		return ""
	}
	return fmt.Sprintf("%s/%013d/%d", filepath.Base(p.seg.lane.dir), p.seg.number, p.offset)
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
	// Held is true for frames of Peek and Drop whose lane a log holds.
	Held bool
}

// Next returns the oldest frame that waits, and counts it as handed out until
// Ack or Release. It waits until there is one. It returns ErrClosed, the cause
// of ctx's end, or an error of the disk; after the latter, call it again later.
// Damaged frames are skipped and reported.
//
// Frames are in order within a lane, except for those that the disk did not
// return at first. Concurrent calls return different frames.
func (l *Log) Next(ctx context.Context) (Frame, error) {
	for !l.isClosing() {
		l.mu.Lock()
		// What is being read may be older than what is known.
		seg := l.oldest(func(s *segment) bool { return s.waiting > 0 || !s.scanned && !s.tried })
		if seg == nil || !seg.scanned {
			if l.more == nil {
				l.more = make(chan struct{})
			}
			more := l.more
			l.mu.Unlock()
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
		pos := seg.pos(seg.next)
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
	return Frame{}, ErrClosed
}

// Read returns a frame again. The error is ErrGone if it is acknowledged or
// damaged, or that of the disk. A frame that the disk does not return three
// times is given up, until the next process.
func (l *Log) Read(pos Pos) (Frame, error) {
	e, end, ok := l.entry(pos)
	if !ok {
		return Frame{}, ErrGone
	}
	f, err := l.cfg.FS.OpenFile(pos.seg.path(), os.O_RDONLY)
	if err != nil {
		return Frame{}, l.unread(pos, err)
	}
	defer func() { _ = f.Close() }() // only read
	frame, err := readFrame(f, e)
	switch {
	case err == nil:
		frame.Pos, frame.Recovered = pos, pos.seg.recovered
		return frame, nil
	case errors.Is(err, errDamaged):
		if l.Ack(pos, Corrupt) {
			l.salvage(pos.seg, f, int64(e.offset), end)
			l.lost(Loss{Reason: Corrupt, Frames: 1, Known: []Lost{{Pos: pos}}})
		}
		return Frame{}, ErrGone
	}
	return Frame{}, l.unread(pos, err)
}

// entry returns the entry of a frame that is not done, and where the next one
// begins.
func (l *Log) entry(pos Pos) (e entry, end int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pos.seg == nil || pos.seg.frames[pos.index].state == done {
		return entry{}, 0, false
	}
	end = pos.seg.size
	if pos.index+1 < len(pos.seg.frames) {
		end = int64(pos.seg.frames[pos.index+1].offset)
	}
	return pos.seg.frames[pos.index], end, true
}

// unread notes that the disk did not return a frame, and returns what Read
// returns.
func (l *Log) unread(pos Pos, err error) error {
	const tries = 3
	l.mu.Lock()
	e := &pos.seg.frames[pos.index]
	e.failures++
	gone := errors.Is(err, fs.ErrNotExist)
	if e.state != done && !gone && e.failures < tries {
		l.mu.Unlock()
		return err
	}
	lost := e.state != done
	if lost {
		pos.seg.set(pos.index, done)
		pos.seg.kept = !gone
		l.markDirty(pos.seg)
	}
	l.mu.Unlock()
	if lost {
		l.lost(Loss{Reason: Unreadable, Frames: 1, Known: []Lost{{Pos: pos}}})
	}
	return ErrGone
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

// readFrame reads the frame of an entry.
func readFrame(f File, e entry) (Frame, error) {
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
	return Frame{Time: time.Unix(0, h.time), Meta: b[:h.meta:h.meta], Body: b[h.meta:], Attempts: int(e.attempts)}, nil
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
