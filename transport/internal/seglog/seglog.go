// Package seglog keeps byte strings in files until they are acknowledged. What
// Append has accepted survives the end of the process, and with Config.Sync the
// end of the power. It must not import package transport: it knows neither
// packets nor their receivers.
//
// A directory holds lanes. A lane is a directory with segments and a lock.
// One [Log] holds the lock while it is open. A segment is a file of frames,
// with a second file of what happened to them. There is no other state: a Log
// reads all of it when it takes a lane. A segment is removed when it is full
// and all its frames are acknowledged.
//
// A Log also takes the lanes that other processes left, so that what they had
// accepted is delivered. Any number of processes may use a directory on a local
// file system.
//
// A frame may be handed out twice, before and after the process ends, but never
// with bytes that differ from those appended.
package seglog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures a [Log]. The zero value is useful: a log without bounds.
type Config struct {
	// SegmentBytes is the size above which a segment takes no more frames; 0 is
	// 4 MiB, or an eighth of MaxBytes if that is less. A larger frame gets a
	// segment of its own.
	SegmentBytes int64
	// MaxBytes bounds the size of all lanes that the log holds; 0 is no bound.
	// To make room for a frame, the log removes the oldest segment that has no
	// frame handed out.
	MaxBytes int64
	// MaxAge bounds the age of frames; 0 is no bound. A segment goes as a whole
	// when its newest frame is too old. Ages that follow from a clock that was
	// changed, and those above a year, do not count. Frames of earlier
	// processes stay for an hour at least, or for MaxAge if that is less.
	MaxAge time.Duration
	// Sync makes Append wait until its frame survives a loss of power.
	Sync bool
	// Wait is how long an Append waits at most; 0 is 100 ms.
	Wait time.Duration
	// EvictWhenFull makes the log remove its oldest segment if the disk is
	// full, as for MaxBytes. If that does not help, it removes no other one
	// until a write succeeds.
	EvictWhenFull bool
	// Lost is called for each loss, under no lock, in goroutines of the log and
	// of its callers. It must return soon, and must not call Append, Hold or
	// Close. It may be nil.
	Lost func(Loss)
	// FS is the file system; nil is OS.
	FS FS
}

func (c Config) withDefaults() Config {
	if c.SegmentBytes <= 0 {
		c.SegmentBytes = 4 << 20
	}
	c.SegmentBytes = min(c.SegmentBytes, maxOffset)
	if c.MaxBytes > 0 { // less than an eighth is lost at a time
		c.SegmentBytes = min(c.SegmentBytes, max(c.MaxBytes/8, 1))
	}
	if c.Wait <= 0 {
		c.Wait = 100 * time.Millisecond
	}
	if c.Lost == nil {
		c.Lost = func(Loss) {}
	}
	if c.FS == nil {
		c.FS = OS
	}
	return c
}

// Reason says why a frame is done. Those below 128 are for the callers of Ack.
type Reason byte

// The reasons of the log itself.
const (
	// Overflow: MaxBytes did not leave room for it.
	Overflow Reason = 128 + iota
	// Expired: it was older than MaxAge.
	Expired
	// DiskFull: the disk was full and EvictWhenFull is set.
	DiskFull
	// Corrupt: its bytes were damaged. A copy is in the directory corrupt.
	Corrupt
	// Unreadable: the disk did not return it. The next process tries again.
	Unreadable
	// Withdrawn: its Append had returned an error before. This is no loss.
	Withdrawn
)

// Loss is a loss of frames for one reason.
type Loss struct {
	Reason Reason
	// Frames counts the frames. A run of damaged bytes counts as one.
	Frames int
	// Known has the frames among them whose position is known.
	Known []Lost
}

// Lost is a frame that was lost.
type Lost struct {
	Pos  Pos
	Meta []byte // nil if it could not be read
}

// Stats describes a [Log].
type Stats struct {
	Waiting   int   // frames that Next returns later
	Out       int   // frames that are handed out and not acknowledged
	Bytes     int64 // size of all lanes that the log holds
	Lanes     int
	Segments  int
	Unscanned int   // segments of earlier processes that are not read yet
	Unread    int   // those that could not be read; they are tried again
	Recovered int   // frames found that earlier processes left
	Torn      int   // interrupted writes found, none of them a loss
	Unsaved   int   // Appends that returned an error
	Lost      int   // frames that Config.Lost was called for
	Err       error // the last write's error; nil after a write that succeeded
}

var (
	// ErrClosed is the error of a log that is closed.
	ErrClosed = errors.New("seglog: closed")
	// ErrStalled is the error of an Append that Config.Wait was not enough for.
	ErrStalled = errors.New("seglog: the disk does not answer in time")
	// ErrFull is the error of an Append for which MaxBytes leaves no room, and
	// nothing can be removed.
	ErrFull = errors.New("seglog: full, and all frames are in use")
	// ErrTooLarge is the error of an Append above MaxMeta or MaxBody, or of a
	// frame that is larger than MaxBytes.
	ErrTooLarge = errors.New("seglog: the frame is too large")
	// ErrGone is the error of Read for a frame that is done.
	ErrGone = errors.New("seglog: the frame is no longer there")
)

// DirError is the error of Open for a directory that it cannot use.
type DirError struct {
	Dir string
	Err error
}

// Error names the directory and the reason.
func (e *DirError) Error() string { return fmt.Sprintf("seglog: cannot use %s: %v", e.Dir, e.Err) }

// Unwrap returns the reason.
func (e *DirError) Unwrap() error { return e.Err }

// WriteError is the error of an Append whose frame could not be written.
type WriteError struct {
	Op   string // "create", "write" or "sync"
	Path string
	Err  error
}

// Error names the operation, the file and the reason.
func (e *WriteError) Error() string { return fmt.Sprintf("seglog: %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.Err }

// Log is an open directory. Use [Open]. It is safe for concurrent use.
type Log struct {
	cfg Config
	dir string

	requests chan *request
	kick     chan struct{} // wakes the writer for acknowledgements
	rescan   chan struct{} // wakes the keeper
	closing  chan struct{}
	done     chan struct{} // closed when the lanes are free
	idle     sync.Pool     // of *request
	opened   time.Time
	busy     atomic.Int64 // when the writer's present work began, in nanoseconds after opened; 0 if it has none
	once     sync.Once

	adopting  sync.Mutex // held while lanes are taken, before mu
	salvaging sync.Mutex // held while damage is copied

	mu    sync.Mutex
	own   *lane // takes new frames
	lanes []*lane
	dirty []*segment    // have records to write, or are done
	more  chan struct{} // closed when frames become available; nil if nobody waits
	stats Stats

	// Only the writer uses these.
	buf   []byte
	batch []pending
	acks  File     // the open file of records
	ackOf *segment // whose it is
	// A segment was removed because the disk was full, and no write has
	// succeeded since.
	evicted bool
}

// period is how often a log looks for free lanes and for frames that are too
// old.
const period = time.Minute

// Open opens a directory, and makes it if necessary. It takes a lane and the
// free lanes of other processes, and reads them in the background. The error is
// a *[DirError]: the directory cannot be used at all. Damaged contents are no
// error.
func Open(dir string, cfg Config) (*Log, error) {
	l := &Log{
		cfg: cfg.withDefaults(), dir: dir, opened: time.Now(),
		requests: make(chan *request, 1024),
		kick:     make(chan struct{}, 1),
		rescan:   make(chan struct{}, 1),
		closing:  make(chan struct{}),
		done:     make(chan struct{}),
	}
	err := l.cfg.FS.MkdirAll(dir)
	if err == nil {
		if l.cfg.Sync {
			_ = l.cfg.FS.SyncDir(filepath.Dir(dir)) // it may belong to others
		}
		l.own, err = l.takeLane()
	}
	if err != nil {
		return nil, &DirError{Dir: dir, Err: err}
	}
	l.lanes = []*lane{l.own}
	l.Adopt()
	keeper := make(chan struct{})
	go func() {
		defer close(keeper)
		l.keep()
	}()
	go func() {
		l.write()
		<-keeper
		l.release()
		close(l.done)
	}()
	return l, nil
}

// Close ends the log: it writes what was appended and acknowledged, and frees
// the lanes. Next and Append return ErrClosed then. If ctx ends first, Close
// returns its cause and the log ends when the disk answers. Close may be called
// again, and concurrently.
func (l *Log) Close(ctx context.Context) error {
	l.once.Do(func() { close(l.closing) })
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *Log) isClosing() bool {
	select {
	case <-l.closing:
		return true
	default:
		return false
	}
}

// release frees the lanes after both goroutines have ended.
func (l *Log) release() {
	l.adopting.Lock()
	defer l.adopting.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ln := range l.lanes {
		_ = ln.lock.Close() // ends the lock, and has nothing to write
	}
}

// Stats returns the present state.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Lanes = len(l.lanes)
	for _, ln := range l.lanes {
		s.Segments += len(ln.segments)
		for _, seg := range ln.segments {
			s.Waiting += seg.waiting
			s.Out += seg.out
			s.Bytes += seg.bytes()
			switch {
			case seg.scanned:
			case seg.tried:
				s.Unread++
			default:
				s.Unscanned++
			}
		}
	}
	return s
}

// lost counts and reports a loss. The caller holds no lock.
func (l *Log) lost(loss Loss) {
	l.mu.Lock()
	l.stats.Lost += loss.Frames
	l.mu.Unlock()
	l.cfg.Lost(loss)
}

// keep reads the segments that the log takes, and takes free lanes.
func (l *Log) keep() {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		l.scanAll()
		select {
		case <-l.closing:
			return
		case <-l.rescan:
		case <-tick.C:
			l.Adopt()
		}
	}
}

// signal wakes the receiver of a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Bounds of the directory corrupt.
const (
	maxCopy   = 1 << 20
	maxCopies = 16 << 20
)

// salvage copies a damaged region of a segment into the directory corrupt. It
// returns false if it was copied before: later processes may find it again.
func (l *Log) salvage(seg *segment, f File, off, end int64) bool {
	b := make([]byte, min(end-off, maxCopy))
	n, _ := f.ReadAt(b, off) // as much as there is
	b = b[:n]
	dir := filepath.Join(l.dir, "corrupt")
	name := filepath.Join(dir, fmt.Sprintf("%s-%013d-%d-%08x", filepath.Base(seg.lane.dir), seg.number, off, checksum(b, nil)))
	return l.copyOnce(dir, name, b)
}

// copyOnce makes a file if there is room for it. It returns false if the file
// exists.
func (l *Log) copyOnce(dir, name string, b []byte) bool {
	l.salvaging.Lock()
	defer l.salvaging.Unlock()
	infos, _ := l.cfg.FS.ReadDir(dir) // none before the first copy
	total := int64(len(b))
	for _, info := range infos {
		if info.Name() == filepath.Base(name) {
			return false
		}
		total += info.Size()
	}
	if total > maxCopies || l.cfg.FS.MkdirAll(dir) != nil {
		return true
	}
	f, err := l.cfg.FS.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return !errors.Is(err, os.ErrExist)
	}
	_, _ = f.WriteAt(b, 0) // a copy that fails is no loss
	_ = f.Close()
	return true
}
