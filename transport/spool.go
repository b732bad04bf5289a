package transport

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/account"
	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// spool keeps the packets of a Threaded on disk until they are settled. Each is
// written before SendAsync returns. The oldest ones are in the queue, too; the
// others are parked: they are on disk only, and the feeder reads them when
// others have left the queue.
type spool struct {
	t      *Threaded
	cfg    SpoolConfig
	dir    string
	form   packetForm
	window int                        // bytes of its packets in the queue, at most
	log    atomic.Pointer[seglog.Log] // nil while the disk has no room for one
	space  chan struct{}              // a packet has left the queue

	// Threaded.mu guards these.
	parked  map[seglog.Pos]parked
	backlog bool // packets of earlier processes wait on disk
	queued  int  // packets in the queue or in flight
	bytes   int  // their size
	// The disk did not return the next packet.
	unreadable bool

	mu      sync.Mutex
	state   SpoolState // without what the log counts
	settled int        // packets of earlier processes that have an outcome
}

// parked is a packet on disk that waits for room in the queue.
type parked struct {
	eventID string
	done    func(*Response, error)
	ticket  account.Ticket
}

// maxWindow limits the bytes of packets on disk that are in the queue, too. A
// segment with a packet in the queue is never removed to make room.
const maxWindow = 4 << 20

// reopenInterval is how often a directory is tried again for which the disk had
// no room.
const reopenInterval = time.Minute

// SpoolState describes the spool of a transport. The zero value is no spool.
type SpoolState struct {
	// Dir is the directory with the packets of the transport's DSN; "" means
	// that there is no spool.
	Dir string
	// Waiting counts the packets that are on disk and not in memory.
	Waiting int
	// Bytes is the size of the files.
	Bytes int64
	// Recovered counts the packets of earlier processes that this transport
	// delivered.
	Recovered int
	// Lost counts the packets that the spool lost: because of spool_bytes or
	// spool_age, or because their files were damaged.
	Lost int
	// Unspooled counts the packets that could not be written. They were
	// accepted all the same, and wait in memory.
	Unspooled int
	// Err is why packets cannot be written now; nil if they can.
	Err error
}

// Spooler is a transport that may have a spool: [Threaded] and [Tee].
type Spooler interface {
	// SpoolState returns the state of the spool.
	SpoolState() SpoolState
}

var _ Spooler = (*Threaded)(nil)

// NewSpool returns a transport that keeps packets on disk until they are
// delivered through next. It is [NewThreaded] with a [SpoolConfig] for the
// packets of a DSN, and the default for everything else.
func NewSpool(next Transport, dsn *DSN, cfg SpoolConfig) (*Threaded, error) {
	cfg.DSN = dsn
	return NewThreaded(next, ThreadedConfig{Spool: cfg})
}

// openSpool opens the spool of a transport that has no packets yet. The error
// is an *[OptionError].
func openSpool(t *Threaded) error {
	cfg := t.cfg.Spool.withDefaults()
	dir, err := filepath.Abs(filepath.Join(cfg.Dir, spoolName(cfg.DSN)))
	if err != nil {
		return spoolDirError(cfg.Dir, err)
	}
	s := &spool{
		t: t, cfg: cfg, dir: dir, form: newPacketForm(cfg.DSN),
		window: min(maxWindow, t.cfg.QueueBytes, max(cfg.Bytes/8, 1)),
		space:  make(chan struct{}, 1),
		parked: make(map[seglog.Pos]parked),
		state:  SpoolState{Dir: dir},
	}
	t.spool = s
	log, err := s.open()
	switch {
	case err == nil:
		stats := log.Stats()
		t.mu.Lock()
		s.backlog = stats.Unscanned+stats.Waiting > 0
		t.mu.Unlock()
		s.log.Store(log)
		t.crew.start(func() { s.feed(log) })
		if kind := networkFS(dir); kind != "" {
			t.logger.Warn("transport: the spool is on a network file system; its locks may not hold, so let one process use it", "dir", dir, "file_system", kind)
		}
	case seglog.IsFull(err):
		s.broken(err)
		t.crew.start(s.reopen)
	default:
		return spoolDirError(cfg.Dir, err)
	}
	return nil
}

func spoolDirError(dir string, err error) error {
	if failed, ok := errors.AsType[*seglog.DirError](err); ok {
		err = failed.Err
	}
	return newOptionError("spool_dir", dir, "a directory on a local disk that the program may make or write to, such as /var/lib/app/sentry", err)
}

func (s *spool) open() (*seglog.Log, error) {
	return seglog.Open(s.dir, seglog.Config{
		MaxBytes: int64(s.cfg.Bytes), MaxAge: s.cfg.Age, Sync: s.cfg.Sync == SyncFsync,
		EvictWhenFull: true, Lost: s.lost, FS: s.cfg.fs, Wait: s.cfg.wait,
	})
}

// reopen opens the directory as soon as the disk has room.
func (s *spool) reopen() {
	tick := time.NewTicker(reopenInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.t.life.Done():
			return
		case <-tick.C:
		}
		if log, err := s.open(); err == nil {
			s.log.Store(log)
			s.feed(log)
			return
		}
	}
}

// spoolName is the name of the directory with a DSN's packets: readable, and
// different for each host, path, project and key.
func spoolName(dsn *DSN) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{dsn.Host, dsn.Path, dsn.ProjectID, dsn.PublicKey}, "\n")))
	return strings.Map(inFileNames, dsn.Host+"_"+dsn.ProjectID) + fmt.Sprintf("_%x", sum[:4])
}

func inFileNames(r rune) rune {
	if r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
		return r
	}
	return '_'
}

// accept writes a packet to disk and puts it into the queue, or parks it. If it
// cannot be written, the queue alone keeps it.
func (s *spool) accept(ctx context.Context, j job) {
	t := s.t
	j.at = time.Now()
	t.mu.Lock()
	err := t.limits.hold(j.packet, j.at)
	t.mu.Unlock()
	if err != nil {
		t.finish(j, nil, err)
		return
	}
	if s.write(&j) && s.park(j) {
		s.log.Load().Release(j.kept)
		return
	}
	t.offer(ctx, j)
}

// write writes a packet to disk.
func (s *spool) write(j *job) bool {
	meta, ok := s.form.meta(j.packet)
	if !ok {
		s.unspooled()
		return false
	}
	log := s.log.Load()
	if log == nil {
		s.unspooled()
		return false
	}
	pos, err := log.Hold(context.Background(), j.at, meta, j.packet.Body)
	if err != nil {
		s.unspooled()
		if !errors.Is(err, seglog.ErrTooLarge) { // others are not
			s.broken(err)
		}
		return false
	}
	s.wrote()
	j.kept, j.keptSize = pos, size(j.packet)
	return true
}

// park leaves a packet on disk if others are parked or the queue has no room.
// Otherwise it counts it as queued and returns false.
func (s *spool) park(j job) bool {
	t := s.t
	t.mu.Lock()
	defer t.mu.Unlock()
	fits := s.queued == 0 || s.queued < t.cfg.QueueSize && s.bytes+j.keptSize <= s.window
	if !t.isClosed() && (s.behind() || !fits) {
		s.parked[j.kept] = parked{eventID: j.packet.EventID, done: j.done, ticket: j.ticket}
		return true
	}
	s.count(&j, 1)
	return false
}

// parkAgain parks a packet that the queue refused because packets that are not
// on disk fill it.
func (s *spool) parkAgain(j job) {
	s.t.mu.Lock()
	s.count(&j, -1)
	s.parked[j.kept] = parked{eventID: j.packet.EventID, done: j.done, ticket: j.ticket}
	s.t.mu.Unlock()
	s.log.Load().Release(j.kept)
}

// behind reports whether packets on disk are older than a new one. The caller
// holds Threaded.mu.
func (s *spool) behind() bool { return s.backlog || len(s.parked) > 0 }

// count counts a packet that enters or leaves the queue. The caller holds
// Threaded.mu.
func (s *spool) count(j *job, by int) {
	s.queued += by
	s.bytes += by * j.keptSize
	if by < 0 {
		signal(s.space)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// unspooled counts a packet that is not on disk.
func (s *spool) unspooled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Unspooled++
}

// broken logs the first error since a packet was written.
func (s *spool) broken(err error) {
	s.mu.Lock()
	first := s.state.Err == nil
	s.state.Err = err
	s.mu.Unlock()
	if first {
		s.t.logger.Error("transport: events wait in memory only, because the spool cannot be written", "dir", s.dir, "error", err)
	}
}

func (s *spool) wrote() {
	s.mu.Lock()
	again := s.state.Err != nil
	s.state.Err = nil
	unspooled := s.state.Unspooled
	s.mu.Unlock()
	if again {
		s.t.logger.Warn("transport: events are written to the spool again", "dir", s.dir, "unspooled", unspooled)
	}
}

// SpoolState returns the state of the spool; the zero value if the transport
// has none.
func (t *Threaded) SpoolState() SpoolState {
	s := t.spool
	if s == nil {
		return SpoolState{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	if log := s.log.Load(); log != nil {
		stats := log.Stats()
		state.Waiting, state.Bytes, state.Lost = stats.Waiting, stats.Bytes, stats.Lost
		if state.Err == nil {
			state.Err = stats.Err
		}
	}
	return state
}

func (s *spool) waiting() int {
	if s == nil || s.log.Load() == nil {
		return 0
	}
	return s.log.Load().Stats().Waiting
}
