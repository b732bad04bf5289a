package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // registers the driver
)

// file is the SQLite file of a store. Only the writer's goroutine changes it.
type file struct {
	db   *sql.DB
	path string
	tx   *sql.Tx // for the writer; nil between transactions

	unreadable []int64 // numbers of the deliveries that load skipped, in order; guarded by the store's mu

	last int64 // the newest number; for the writer

	mu      sync.RWMutex // held for reading while an operation is submitted, so that stop can wait for it
	stopped bool         // guarded by mu
	queue   chan operation
	done    chan struct{} // closed when the writer has ended
	failed  error         // the error of closing; read after done
}

// maxBatch bounds the operations in a transaction.
const maxBatch = 512

// fileVersion is the version of new files.
const fileVersion = 2

const schema = `
CREATE TABLE IF NOT EXISTS deliveries (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	received INTEGER NOT NULL,   -- nanoseconds since 1970
	project TEXT NOT NULL,
	key TEXT NOT NULL,
	status INTEGER NOT NULL,     -- of the answer
	request TEXT NOT NULL,       -- JSON, without bodies
	rejection TEXT,              -- JSON
	accepted INTEGER NOT NULL,   -- 1 if it has an envelope and was accepted
	body BLOB NOT NULL,          -- as it went over the wire
	decoded BLOB,                -- NULL when it is the same as body
	made BLOB                    -- the envelope that was made of decoded; NULL when decoded is it
);
CREATE TABLE IF NOT EXISTS events (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery INTEGER NOT NULL REFERENCES deliveries(seq) ON DELETE CASCADE,
	event_id TEXT NOT NULL,
	level TEXT NOT NULL,
	title TEXT NOT NULL,
	event TEXT NOT NULL          -- JSON as it was received
);
CREATE INDEX IF NOT EXISTS events_of_delivery ON events(delivery);
CREATE TABLE IF NOT EXISTS tenants (
	key TEXT PRIMARY KEY,
	project INTEGER NOT NULL,
	name TEXT NOT NULL,
	created INTEGER NOT NULL
);
`

// openFile opens or creates the file. If the process is killed, committed data
// is safe, because the operating system has it: synchronous=NORMAL suffices. It
// is many times faster than waiting for the disk, which would matter only if
// the machine fails. openFile locks the file, because the lists in memory would
// not see the changes of another program.
func openFile(path string) (*file, error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("opening the store %s: the folder %s does not exist: create it first", path, filepath.Dir(path))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("opening the store %s: %s is not a folder", path, filepath.Dir(path))
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("opening the store %s: it is a folder: give a file in it, such as %s", path, filepath.Join(path, "events.db"))
	}
	const settings = "?_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)"
	// SQLite would make a new file readable for everyone. Its WAL gets the
	// permissions of the file. Ignore errors here: SQLite returns one too, and
	// explained adds advice to it.
	if created, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		if err := created.Close(); err != nil {
			return nil, fmt.Errorf("opening the store %s: %w", path, err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+settings)
	if err != nil {
		return nil, fmt.Errorf("opening the store %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	f := &file{db: db, path: path, queue: make(chan operation, maxBatch), done: make(chan struct{})}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store %s: %w", path, err), db.Close())
	}
	return f, nil
}

func (f *file) prepare() error {
	var version int
	if err := f.db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return explained(err)
	}
	if version > fileVersion {
		return fmt.Errorf("its version is %d, but this program supports versions up to %d: use a newer fakesentry or another file", version, fileVersion)
	}
	if _, err := f.db.Exec(schema); err != nil {
		return explained(err)
	}
	if err := f.migrate(); err != nil {
		return explained(err)
	}
	_, err := f.db.Exec(fmt.Sprintf("PRAGMA user_version = %d", fileVersion))
	return explained(err)
}

// migrate adds the columns that files of version 1 lack.
func (f *file) migrate() error {
	var has bool
	err := f.db.QueryRow(`SELECT count(*) FROM pragma_table_info('deliveries') WHERE name = 'made'`).Scan(&has)
	if err != nil || has {
		return err
	}
	_, err = f.db.Exec(`ALTER TABLE deliveries ADD COLUMN made BLOB`)
	return err
}

// start starts the writer.
func (f *file) start(s *Store) {
	go func() {
		defer close(f.done)
		for op := range f.queue {
			f.run(s, op)
		}
		// Deliveries that were dropped from memory since the last transaction
		// are dropped again when the file is next read.
		f.failed = f.db.Close()
	}()
}

// submit hands an operation to the writer and waits until it is done.
func (f *file) submit(ctx context.Context, op operation) error {
	op.done = make(chan error, 1)
	if err := f.hand(ctx, op); err != nil {
		return err
	}
	select {
	case err := <-op.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *file) hand(ctx context.Context, op operation) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.stopped {
		return ErrClosed
	}
	select {
	case f.queue <- op:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stop lets the writer finish the submitted operations, and closes the file.
func (f *file) stop() error {
	f.mu.Lock()
	f.stopped = true
	close(f.queue)
	f.mu.Unlock()
	<-f.done
	return f.failed
}

// run carries out the operation, together with others in the queue.
func (f *file) run(s *Store, op operation) {
	batch := []operation{op}
	for !batch[len(batch)-1].alone && len(batch) < maxBatch {
		select {
		case next, ok := <-f.queue:
			if ok && !next.alone {
				batch = append(batch, next)
				continue
			}
			f.commit(s, batch)
			if ok {
				f.commit(s, []operation{next})
			}
			return
		default:
		}
		break
	}
	f.commit(s, batch)
}

// commit writes the batch in one transaction. If it fails, none of the batch
// happened.
func (f *file) commit(s *Store, batch []operation) {
	err := f.write(s, batch)
	if err != nil {
		err = fmt.Errorf("writing to the store %s: %w", f.path, explained(err))
	} else {
		s.mu.Lock()
		s.last, s.doomed = f.last, nil
		for _, op := range batch {
			op.apply()
		}
		s.broadcastLocked()
		s.mu.Unlock()
	}
	for _, op := range batch {
		op.done <- err
	}
}

func (f *file) write(s *Store, batch []operation) (err error) {
	last := f.last
	if f.tx, err = f.db.Begin(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.last = last
			// Rollback fails only if the transaction has ended already.
			_ = f.tx.Rollback()
		}
		f.tx = nil
	}()
	s.mu.Lock()
	doomed := s.doomed
	s.mu.Unlock()
	for _, seq := range doomed {
		if err := f.delete(seq); err != nil {
			return err
		}
	}
	for _, op := range batch {
		if op.number != nil {
			op.number(func() int64 { f.last++; return f.last })
		}
		if op.save == nil {
			continue
		}
		if err := op.save(f); err != nil {
			return err
		}
	}
	return f.tx.Commit()
}
