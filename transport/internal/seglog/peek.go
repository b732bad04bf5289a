package seglog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Peek calls fn for the frames that wait or are handed out in a directory, lane
// by lane, until fn returns false. It changes nothing, and reads the lanes of
// running processes too. Id is what String returns for the frame's position in
// a [Log]; the frame has none here. Frames that disappear meanwhile, and
// damage, are left out. The error is a *[DirError] or one of the disk.
func Peek(fsys FS, dir string, fn func(id string, f Frame) bool) error {
	lanes, err := lanesIn(fsys, dir)
	if err != nil {
		return err
	}
	for _, dir := range lanes {
		held, err := fsys.Locked(lockPath(dir))
		if err != nil {
			return &DirError{Dir: dir, Err: err}
		}
		if more, err := peekLane(fsys, dir, held, fn); err != nil || !more {
			return err
		}
	}
	return nil
}

// HasLanes reports whether a directory has lanes.
func HasLanes(fsys FS, dir string) (bool, error) {
	lanes, err := lanesIn(fsys, dir)
	return len(lanes) > 0, err
}

func lanesIn(fsys FS, dir string) (lanes []string, err error) {
	infos, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, &DirError{Dir: dir, Err: err}
	}
	for _, info := range infos {
		if info.IsDir() && strings.HasPrefix(info.Name(), lanePrefix) {
			lanes = append(lanes, filepath.Join(dir, info.Name()))
		}
	}
	return lanes, nil
}

func peekLane(fsys FS, dir string, held bool, fn func(id string, f Frame) bool) (more bool, err error) {
	ln := &lane{dir: dir}
	if _, err := ln.list(fsys); err != nil {
		return false, &DirError{Dir: dir, Err: err}
	}
	for _, seg := range ln.segments {
		if more, err := peek(fsys, seg, held, fn); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

func peek(fsys FS, seg *segment, held bool, fn func(id string, f Frame) bool) (more bool, err error) {
	f, found, err := readSegment(fsys, seg, func(File, region) bool { return true })
	if f != nil {
		defer func() { _ = f.Close() }() // only read
	}
	if err != nil {
		return false, err
	}
	// Its records go after the segment, so the frames were not read without
	// them if the segment is still there.
	again, err := fsys.OpenFile(seg.path(), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	_ = again.Close() // not used
	for i, e := range found.frames {
		if e.state == done {
			continue
		}
		frame, err := readFrame(f, e)
		frame.Held = held
		if err == nil && !fn(Pos{seg, i, e.offset}.String(), frame) {
			return false, nil
		}
	}
	return true, nil
}

// Drop ends the frames in a directory for which fn returns true, for a reason
// below 128, and returns their number. Id and frame are those of [Peek]. It
// takes the lanes one after the other, and leaves those that a log holds:
// held counts their frames for which fn returned true. It makes no lane. Like a
// log, it copies damage into the directory corrupt. After an error the numbers
// are of what was done.
func Drop(fsys FS, dir string, reason Reason, fn func(id string, f Frame) bool) (dropped, held int, err error) {
	lanes, err := lanesIn(fsys, dir)
	if err != nil {
		return 0, 0, err
	}
	for _, lane := range lanes {
		l := &Log{cfg: Config{FS: fsys}.withDefaults(), dir: dir}
		ln, err := l.lockLane(lane)
		switch {
		case errors.Is(err, ErrLocked):
			_, err = peekLane(fsys, lane, true, func(id string, f Frame) bool {
				if fn(id, f) {
					held++
				}
				return true
			})
		case err != nil:
			err = &DirError{Dir: lane, Err: err}
		default:
			var n int
			n, err = l.drop(ln, reason, fn)
			dropped += n
			_ = ln.lock.Close() // everything is written
		}
		if err != nil {
			return dropped, held, err
		}
	}
	return dropped, held, nil
}

// drop is Drop for a lane that the log has locked. The log has no goroutines.
func (l *Log) drop(ln *lane, reason Reason, fn func(id string, f Frame) bool) (dropped int, err error) {
	l.lanes = []*lane{ln}
	defer func() {
		if l.acks != nil {
			_ = l.acks.Close() // written before
		}
	}()
	l.scanAll()
	for _, seg := range slices.Clone(ln.segments) {
		if !seg.scanned {
			return dropped, fmt.Errorf("seglog: %s cannot be read", seg.path())
		}
		n := 0
		for i := range seg.frames {
			f, err := l.Read(seg.pos(i))
			if errors.Is(err, ErrGone) {
				continue
			}
			if err != nil {
				return dropped, err
			}
			id := f.Pos.String()
			f.Pos = Pos{}
			if fn(id, f) && l.Ack(seg.pos(i), reason) {
				n++
			}
		}
		if err := l.settleNow(seg); err != nil {
			return dropped, err
		}
		dropped += n
	}
	return dropped, nil
}

// settleNow is settleSegment with the error.
func (l *Log) settleNow(seg *segment) error {
	if seg.isDone() && l.remove(seg) {
		return nil
	}
	records := seg.records
	seg.records = nil
	if len(records) == 0 {
		return nil
	}
	return l.writeRecords(seg, records)
}
