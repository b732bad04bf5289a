package seglog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// lane is a directory that one log at a time writes to. Log.mu guards it.
type lane struct {
	dir      string
	lock     io.Closer
	segments []*segment // by number
	last     uint64     // the largest number that was used
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
		l.more = nil
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

func lockPath(lane string) string { return filepath.Join(lane, "lock") }

// lockLane locks a lane and lists its segments.
func (l *Log) lockLane(dir string) (*lane, error) {
	lock, err := l.cfg.FS.Lock(lockPath(dir))
	if err != nil {
		return nil, err
	}
	ln := &lane{dir: dir, lock: lock}
	orphans, err := ln.list(l.cfg.FS)
	if err != nil {
		_ = lock.Close() // nothing was written
		return nil, err
	}
	for _, seg := range orphans {
		_ = l.cfg.FS.Remove(seg.ackPath()) // else tried again later
	}
	return ln, nil
}

// list finds the segments of a lane, and those that have only records left.
func (ln *lane) list(fsys FS) (orphans []*segment, err error) {
	infos, err := fsys.ReadDir(ln.dir)
	if err != nil {
		return nil, err
	}
	known := make(map[uint64]*segment)
	for _, info := range infos {
		base, ext, _ := strings.Cut(info.Name(), ".")
		number, err := strconv.ParseUint(base, 10, 64)
		if err != nil || base != fileName(number) || !info.Mode().IsRegular() || ext != "seg" && ext != "ack" {
			continue
		}
		ln.last = max(ln.last, number)
		seg := known[number]
		if seg == nil {
			seg = &segment{lane: ln, number: number, recovered: true, sealed: true}
			known[number] = seg
		}
		if ext == "ack" {
			seg.ackSize = info.Size()
			orphans = append(orphans, seg)
		} else {
			seg.size = info.Size()
			ln.segments = append(ln.segments, seg)
		}
	}
	slices.SortFunc(ln.segments, func(a, b *segment) int { return cmp.Compare(a.number, b.number) })
	return slices.DeleteFunc(orphans, func(seg *segment) bool { return slices.Contains(ln.segments, seg) }), nil
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
		if !info.IsDir() || !strings.HasPrefix(info.Name(), lanePrefix) {
			continue
		}
		ln, err := l.lockLane(dir) // fails if this log has it
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
