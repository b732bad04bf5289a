package seglog

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
)

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
	var known []Lost
	for i, e := range seg.frames {
		if e.state == waiting {
			lost = append(lost, e)
			known = append(known, Lost{Pos: seg.pos(i)})
			l.ackLocked(seg.pos(i), reason)
		}
	}
	seg.kept = false
	l.mu.Unlock()
	if f, err := l.cfg.FS.OpenFile(seg.path(), os.O_RDONLY); err == nil {
		_ = scan(f, seg.size, func(g region) bool {
			if i, ok := find(lost, g.off); ok && g.kind == whole {
				known[i].Meta = bytes.Clone(g.meta)
			}
			return true
		})
		_ = f.Close() // only read
	}
	l.settleSegment(seg)
	if len(lost) > 0 {
		l.lost(Loss{Reason: reason, Frames: len(lost), Known: known})
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
	if len(dirty) == 0 {
		return
	}
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
