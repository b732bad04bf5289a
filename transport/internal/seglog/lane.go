package seglog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lane is a directory that one log at a time writes to. Log.mu guards it.
type lane struct {
	dir      string
	lock     io.Closer
	segments []*segment // by number
	last     uint64     // the largest number that was used
}

// segment is a file of frames. Log.mu guards what can change.
type segment struct {
	lane      *lane
	number    uint64 // of its files; rises within a lane
	recovered bool   // an earlier process wrote it

	size, ackSize int64
	scanned       bool // frames is complete
	sealed        bool // it takes no more frames
	kept          bool // frames could not be read; the next process tries again
	stuck         bool // its files cannot be removed now
	removed       bool
	frames        []entry
	waiting, out  int
	next          int // no frame before it waits
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

// oldest returns the segment with the oldest first frame among the first ones
// of each lane that fulfil a condition, or nil. The caller holds mu.
func (l *Log) oldest(ok func(*segment) bool) *segment {
	var oldest *segment
	for _, ln := range l.lanes {
		if i := slices.IndexFunc(ln.segments, ok); i >= 0 {
			if seg := ln.segments[i]; oldest == nil || seg.first < oldest.first {
				oldest = seg
			}
		}
	}
	return oldest
}

// markDirty makes the writer look at a segment. The caller holds mu.
func (l *Log) markDirty(seg *segment) {
	if !seg.dirty && !seg.removed {
		seg.dirty = true
		l.dirty = append(l.dirty, seg)
	}
	signal(l.kick)
}

// wake tells those who wait for a frame. The caller holds mu.
func (l *Log) wake() {
	if l.more != nil {
		close(l.more)
		l.more = make(chan struct{})
	}
}

func (l *Log) bytes() (n int64) {
	for _, ln := range l.lanes {
		n += ln.bytes()
	}
	return n
}

func (ln *lane) bytes() (n int64) {
	for _, seg := range ln.segments {
		n += seg.bytes()
	}
	return n
}

const lanePrefix = "lane-"

// takeLane returns the first free lane, or a new one.
func (l *Log) takeLane() (*lane, error) {
	infos, err := l.cfg.FS.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}
	exists := make(map[string]bool, len(infos))
	for _, info := range infos {
		exists[info.Name()] = true
	}
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s%04d", lanePrefix, n)
		dir := filepath.Join(l.dir, name)
		if !exists[name] {
			if err := l.cfg.FS.MkdirAll(dir); err != nil {
				return nil, err
			}
			if l.cfg.Sync {
				if err := l.cfg.FS.SyncDir(l.dir); err != nil {
					return nil, err
				}
			}
		}
		ln, err := l.lockLane(dir)
		if err == nil {
			return ln, nil
		}
		// A lane that was there may belong to another user.
		if !exists[name] && !errors.Is(err, ErrLocked) {
			return nil, err
		}
	}
}

// lockLane locks a lane and lists its segments.
func (l *Log) lockLane(dir string) (*lane, error) {
	lock, err := l.cfg.FS.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	ln := &lane{dir: dir, lock: lock}
	if err := l.list(ln); err != nil {
		_ = lock.Close() // nothing was written
		return nil, err
	}
	return ln, nil
}

func (l *Log) list(ln *lane) error {
	infos, err := l.cfg.FS.ReadDir(ln.dir)
	if err != nil {
		return err
	}
	acks := make(map[uint64]int64)
	for _, info := range infos {
		base, ext, _ := strings.Cut(info.Name(), ".")
		number, err := strconv.ParseUint(base, 10, 64)
		if err != nil || base != fileName(number) || !info.Mode().IsRegular() {
			continue
		}
		switch ext {
		case "seg":
			ln.segments = append(ln.segments, &segment{lane: ln, number: number, recovered: true, sealed: true, size: info.Size()})
		case "ack":
			acks[number] = info.Size()
		default:
			continue
		}
		ln.last = max(ln.last, number)
	}
	slices.SortFunc(ln.segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	for _, seg := range ln.segments {
		seg.ackSize = acks[seg.number]
		delete(acks, seg.number)
	}
	for number := range acks { // left of segments that were removed
		_ = l.cfg.FS.Remove((&segment{lane: ln, number: number}).ackPath())
	}
	return nil
}

// Adopt takes the lanes that no process holds and that are not empty, and
// returns how many. A log does so by itself when it opens and each minute. It
// leaves lanes for which it has no room: they lose nothing by waiting.
func (l *Log) Adopt() int {
	l.adopting.Lock()
	defer l.adopting.Unlock()
	infos, err := l.cfg.FS.ReadDir(l.dir)
	if err != nil || l.isClosing() {
		return 0
	}
	adopted := 0
	for _, info := range infos {
		dir := filepath.Join(l.dir, info.Name())
		if !info.IsDir() || !strings.HasPrefix(info.Name(), lanePrefix) || l.holds(dir) {
			continue
		}
		ln, err := l.lockLane(dir)
		if err != nil {
			continue
		}
		if len(ln.segments) == 0 || !l.admit(ln) {
			_ = ln.lock.Close() // nothing was written
			continue
		}
		adopted++
	}
	signal(l.rescan)
	return adopted
}

func (l *Log) holds(dir string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.lanes, func(ln *lane) bool { return ln.dir == dir })
}

// admit adds a lane if there is room for it. A log that is nearly empty takes
// a lane of any size, which is then cut down.
func (l *Log) admit(ln *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.bytes()
	if l.cfg.MaxBytes > 0 && held > l.cfg.MaxBytes/4 && held+ln.bytes() > l.cfg.MaxBytes {
		return false
	}
	l.lanes = append(l.lanes, ln)
	return true
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
	found := &segment{}
	tears := 0
	f, err := l.cfg.FS.OpenFile(seg.path(), os.O_RDONLY)
	switch {
	case err == nil:
		defer func() { _ = f.Close() }() // only read
		err = scan(f, seg.size, func(g region) bool {
			switch g.kind {
			case whole:
				found.add(entry{offset: uint32(g.off)}, g.head.time)
			case damaged:
				l.salvage(seg, f, g.off, g.end)
			case torn:
				tears++
			}
			return !l.isClosing()
		})
		if err == nil {
			err = l.readRecords(seg, found)
		}
	case errors.Is(err, fs.ErrNotExist): // somebody removed it
		err = nil
	}
	if err != nil || l.isClosing() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.frames, seg.first, seg.newest = found.frames, found.first, found.newest
	seg.waiting, seg.scanned = found.waiting, true
	seg.since = time.Now()
	seg.age = max(time.Since(time.Unix(0, seg.newest)), 0)
	l.stats.Recovered += seg.waiting
	l.stats.Torn += tears
	l.markDirty(seg)
	l.wake()
}

// readRecords applies the records of a segment to its frames.
func (l *Log) readRecords(seg, found *segment) error {
	f, err := l.cfg.FS.OpenFile(seg.ackPath(), os.O_RDONLY)
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
		i, ok := slices.BinarySearchFunc(found.frames, off, func(e entry, off uint32) int { return cmp.Compare(e.offset, off) })
		switch {
		case !ok:
		case kind == kindAck:
			found.set(i, done)
		case kind == kindAttempt && found.frames[i].attempts < maxAttempts:
			found.frames[i].attempts++
		}
	})
}
