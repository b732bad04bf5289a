package seglog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// segment is a file of frames. Log.mu guards what can change.
type segment struct {
	lane      *lane
	number    uint64 // of its files; rises within a lane
	recovered bool   // an earlier process wrote it

	size, ackSize int64
	scanned       bool // frames is complete
	tried         bool // it could not be read; it is tried again later
	sealed        bool // it takes no more frames
	kept          bool // frames could not be read; the next process tries again
	stuck         bool // its files cannot be removed now
	removed       bool
	frames        []entry
	waiting, out  int
	next          int // no frame before it waits
	tears         int // writes that were interrupted
	records       []byte
	dirty         bool

	first, newest int64         // times of frames, in Unix nanoseconds
	age           time.Duration // of the newest frame at since
	since         time.Time

	file File // for writing; only the writer uses it
}

type entry struct {
	offset   uint32
	state    state
	attempts uint8
	failures uint8 // of reading
}

type state uint8

const (
	waiting state = iota
	out           // handed out
	done
)

func (s *segment) path() string    { return s.base() + ".seg" }
func (s *segment) ackPath() string { return s.base() + ".ack" }
func (s *segment) base() string    { return filepath.Join(s.lane.dir, fileName(s.number)) }
func (s *segment) bytes() int64    { return s.size + s.ackSize }

func fileName(number uint64) string { return fmt.Sprintf("%013d", number) }

// isDone reports whether nobody needs the segment's files.
func (s *segment) isDone() bool {
	return s.sealed && s.scanned && !s.kept && s.waiting+s.out == 0
}

func (s *segment) pos(i int) Pos { return Pos{s, i, s.frames[i].offset} }

// add appends a frame.
func (s *segment) add(e entry, at int64) {
	if len(s.frames) == 0 {
		s.first, s.newest = at, at
	}
	s.newest = max(s.newest, at)
	s.frames = append(s.frames, e)
	s.count(e.state, 1)
}

func (s *segment) count(st state, by int) {
	switch st {
	case waiting:
		s.waiting += by
	case out:
		s.out += by
	}
}

func (s *segment) set(i int, st state) {
	s.count(s.frames[i].state, -1)
	s.frames[i].state = st
	s.count(st, 1)
	if st == waiting {
		s.next = min(s.next, i)
	}
}

// expired reports whether all frames are older than a bound. The clock and the
// time that has passed in this process must agree on it. After a start the
// clock may be wrong for a while.
func (s *segment) expired(bound time.Duration) bool {
	const (
		implausible = 365 * 24 * time.Hour
		settling    = time.Hour
	)
	byClock, passed := time.Since(time.Unix(0, s.newest)), time.Since(s.since)
	return byClock > bound && byClock < implausible && s.age+passed > bound && passed > min(settling, bound)
}

// scanAll reads the segments that were not read. Those that cannot be read are
// tried again later.
func (l *Log) scanAll() {
	l.mu.Lock()
	var todo []*segment
	for _, ln := range l.lanes {
		for _, seg := range ln.segments {
			if !seg.scanned {
				todo = append(todo, seg)
			}
		}
	}
	l.mu.Unlock()
	for _, seg := range todo {
		if l.isClosing() {
			return
		}
		l.scanSegment(seg)
	}
}

func (l *Log) scanSegment(seg *segment) {
	f, found, err := readSegment(l.cfg.FS, seg, func(f File, g region) bool {
		if g.kind == damaged && l.salvage(seg, f, g.off, g.end) {
			l.lost(Loss{Reason: Corrupt, Frames: 1})
		}
		return !l.isClosing()
	})
	if f != nil {
		_ = f.Close() // only read
	}
	if l.isClosing() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		seg.tried = true
		l.wake()
		return
	}
	seg.frames, seg.first, seg.newest = found.frames, found.first, found.newest
	seg.waiting, seg.scanned = found.waiting, true
	seg.since = time.Now()
	seg.age = max(time.Since(time.Unix(0, seg.newest)), 0)
	l.stats.Recovered += seg.waiting
	l.stats.Torn += found.tears
	l.markDirty(seg)
	l.wake()
}

// readSegment returns the open file of a segment, and its frames with what
// happened to them. A segment that somebody removed has none. It calls fn for
// each region until fn returns false.
func readSegment(fsys FS, seg *segment, fn func(File, region) bool) (File, *segment, error) {
	found := &segment{}
	f, err := fsys.OpenFile(seg.path(), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, found, nil
	}
	if err != nil {
		return nil, nil, err
	}
	err = scan(f, seg.size, func(g region) bool {
		switch g.kind {
		case whole:
			found.add(entry{offset: uint32(g.off)}, g.head.time)
		case torn:
			found.tears++
		}
		return fn(f, g)
	})
	if err == nil {
		err = readRecords(fsys, seg, found)
	}
	return f, found, err
}

// find returns the index of the frame at an offset.
func find(frames []entry, off int64) (int, bool) {
	return slices.BinarySearchFunc(frames, off, func(e entry, off int64) int { return cmp.Compare(int64(e.offset), off) })
}

// readRecords applies the records of a segment to its frames.
func readRecords(fsys FS, seg, found *segment) error {
	f, err := fsys.OpenFile(seg.ackPath(), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	size, err := f.Size()
	if err != nil {
		return err
	}
	return scanRecords(f, size, func(kind, _ byte, off uint32) {
		i, ok := find(found.frames, int64(off))
		switch {
		case !ok:
		case kind == kindAck:
			found.set(i, done)
		case kind == kindAttempt && found.frames[i].attempts < maxAttempts:
			found.frames[i].attempts++
		}
	})
}
