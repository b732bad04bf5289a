package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ravenkit/ravenkit/sentrytest"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// insert writes a delivery with its events into the transaction.
func (f *file) insert(d *Delivery) error {
	r := d.Request
	r.Body, r.Decoded = "", ""
	request, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var rejection any // NULL
	if d.Rejection != nil {
		text, err := json.Marshal(d.Rejection)
		if err != nil {
			return err
		}
		rejection = string(text)
	}
	var decoded, made any // NULL
	if d.Request.Decoded != d.Request.Body {
		decoded = []byte(d.Request.Decoded)
	}
	if d.made != "" {
		made = []byte(d.made)
	}
	_, err = f.tx.Exec(
		`INSERT INTO deliveries (seq, received, project, key, status, request, rejection, accepted, body, decoded, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Seq, r.Time.UnixNano(), r.ProjectID, r.PublicKey, r.Answer.Status, string(request), rejection, d.Items != nil, []byte(d.Request.Body), decoded, made)
	if err != nil {
		return err
	}
	for _, e := range d.Events {
		_, err := f.tx.Exec(`INSERT INTO events (seq, delivery, event_id, level, title, event) VALUES (?, ?, ?, ?, ?, ?)`,
			e.Seq, d.Seq, e.EventID, e.Level, e.Title, e.raw)
		if err != nil {
			return err
		}
	}
	return nil
}

// delete deletes a delivery; its foreign key deletes the events.
func (f *file) delete(seq int64) error {
	_, err := f.tx.Exec(`DELETE FROM deliveries WHERE seq = ?`, seq)
	return err
}

// deleteUnreadable deletes rows that load skipped.
func (f *file) deleteUnreadable(s *Store) error {
	s.mu.Lock()
	unreadable := f.unreadable
	s.mu.Unlock()
	for _, seq := range unreadable {
		if err := f.delete(seq); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) insertTenant(t wire.Tenant) error {
	_, err := f.tx.Exec(`INSERT INTO tenants (key, project, name, created) VALUES (?, ?, ?, ?)`, t.Key, t.ProjectID, t.Name, t.Created.UnixNano())
	return err
}

func (f *file) deleteTenant(key string) error {
	_, err := f.tx.Exec(`DELETE FROM tenants WHERE key = ?`, key)
	return err
}

// load fills a new store from the file, and applies the bounds.
func (f *file) load(s *Store) error {
	var left omissions
	if err := errors.Join(f.loadTenants(s, &left), f.loadDeliveries(s, &left)); err != nil {
		return fmt.Errorf("reading the store %s: %w", f.path, explained(err))
	}
	left.report(f.path, s.cfg.Unreadable)
	// The newest row may have been deleted, so the newest number is that of the
	// sequence.
	var last sql.NullInt64
	if err := f.db.QueryRow(`SELECT max(seq) FROM sqlite_sequence`).Scan(&last); err != nil {
		return err
	}
	f.last = max(last.Int64, s.last)
	s.last = f.last
	s.log = f // drops from the file what exceeds the bounds
	s.evictLocked(time.Now())
	return nil
}

func (f *file) loadTenants(s *Store, left *omissions) error {
	rows, err := f.db.Query(`SELECT rowid, key, project, name, created FROM tenants ORDER BY project`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t wire.Tenant
		var row int64
		var created string
		if err := rows.Scan(&row, &t.Key, &t.ProjectID, &t.Name, &created); err != nil {
			return err
		}
		project, err := strconv.Atoi(t.ProjectID)
		if err != nil {
			left.add("tenant", row, err)
			continue
		}
		when, err := strconv.ParseInt(created, 10, 64)
		if err != nil {
			left.add("tenant", row, err)
			continue
		}
		t.Created = time.Unix(0, when).UTC()
		s.tenants = append(s.tenants, t)
		s.project = max(s.project, project)
	}
	return rows.Err()
}

func (f *file) loadDeliveries(s *Store, left *omissions) error {
	rows, err := f.db.Query(`SELECT d.seq, d.request, d.rejection, d.accepted, d.body, d.decoded, d.decoded IS NULL, d.made, e.seq, e.event_id, e.event
		FROM deliveries d LEFT JOIN events e ON e.delivery = d.seq ORDER BY d.seq, e.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var (
		seq int64     // of the delivery whose events are being read
		d   *Delivery // nil if it can't be read
	)
	add := func() {
		if d != nil {
			d.measure()
			s.appendLocked(d)
			s.last = d.lastSeq()
		}
	}
	for rows.Next() {
		var r joined
		if err := rows.Scan(&r.seq, &r.request, &r.rejection, &r.accepted, &r.body, &r.decoded, &r.same, &r.made, &r.eventSeq, &r.id, &r.event); err != nil {
			return err
		}
		if r.seq != seq {
			add()
			seq = r.seq
			if d, err = r.delivery(); err != nil {
				left.add("request", seq, err)
				f.unreadable = append(f.unreadable, seq)
			}
		}
		if d == nil || !r.eventSeq.Valid {
			continue
		}
		e, err := d.restoreEvent(r.eventSeq.Int64, r.id.String, r.event.String)
		if err != nil {
			left.add("event", r.eventSeq.Int64, err)
			continue
		}
		d.Events = append(d.Events, e)
	}
	add()
	return rows.Err()
}

// joined is a row with a delivery and one of its events. SQLite does not
// enforce the type of a column, so each value is scanned into a type that
// accepts any.
type joined struct {
	seq           int64
	request       sql.NullString
	rejection     sql.NullString
	accepted      sql.NullString
	body, decoded []byte
	same          bool // decoded is the same as body; a scanned NULL looks like an empty blob
	made          []byte
	eventSeq      sql.NullInt64
	id, event     sql.NullString
}

func (r *joined) delivery() (*Delivery, error) {
	if r.same {
		r.decoded = r.body
	}
	d := &Delivery{Seq: r.seq, made: string(r.made)}
	if err := json.Unmarshal([]byte(r.request.String), &d.Request); err != nil {
		return nil, err
	}
	d.Request.Body, d.Request.Decoded = string(r.body), string(r.decoded)
	if r.rejection.String != "" {
		if err := json.Unmarshal([]byte(r.rejection.String), &d.Rejection); err != nil {
			return nil, err
		}
	}
	if r.accepted.String != "1" || d.made == "" && d.Request.Protocol == "minidump" {
		return d, nil // files of version 1 lack the envelopes of minidumps
	}
	e, err := sentrytest.ParseEnvelope([]byte(cmp.Or(d.made, d.Request.Decoded)))
	if err != nil {
		return nil, err
	}
	d.setItems(&e)
	return d, nil
}

// omissions are the rows that can't be read.
type omissions struct {
	first []error
	more  int
}

// maxOmissions bounds the rows that are named.
const maxOmissions = 10

func (o *omissions) add(what string, seq int64, err error) {
	if len(o.first) == maxOmissions {
		o.more++
		return
	}
	o.first = append(o.first, fmt.Errorf("%s %d: %w", what, seq, err))
}

func (o *omissions) report(path string, to func(error)) {
	if to == nil {
		return
	}
	for _, err := range o.first {
		to(fmt.Errorf("the store %s: skipped, because it can't be read: %w", path, err))
	}
	if o.more > 0 {
		to(fmt.Errorf("the store %s: skipped, because they can't be read: %d more", path, o.more))
	}
}

func (d *Delivery) restoreEvent(seq int64, id, raw string) (*Event, error) {
	c, err := sentrytest.ParseEvent([]byte(raw))
	if err != nil {
		return nil, err
	}
	c.EventID = id
	if c.SDK.Name == "" {
		c.SDK.Name, c.SDK.Version, _ = strings.Cut(d.Request.Client, "/")
	}
	c.Received = d.Request
	e := d.newEvent(c)
	e.Seq, e.Request = seq, d.Seq
	return e, nil
}

// explained adds advice to an error of SQLite.
func explained(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another fakesentry uses it: %w", err)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is not a SQLite file: %w", err)
	case sqlite3.SQLITE_CANTOPEN:
		return errors.New("it can't be opened: check read and write permission on the file and its folder")
	}
	return err
}
