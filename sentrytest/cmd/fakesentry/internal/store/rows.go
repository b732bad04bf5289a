package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ravenkit/ravenkit/sentrytest"
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
	var decoded any // NULL
	if d.Request.Decoded != d.Request.Body {
		decoded = []byte(d.Request.Decoded)
	}
	_, err = f.tx.Exec(
		`INSERT INTO deliveries (seq, received, project, key, status, request, rejection, accepted, body, decoded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.Seq, nanoseconds(r.Time), r.ProjectID, r.PublicKey, r.Answer.Status, string(request), rejection, d.Items != nil, []byte(d.Request.Body), decoded)
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

// delete removes a delivery and, by its foreign key, its events.
func (f *file) delete(seq int64) error {
	_, err := f.tx.Exec(`DELETE FROM deliveries WHERE seq = ?`, seq)
	return err
}

func (f *file) insertTenant(t Tenant) error {
	_, err := f.tx.Exec(`INSERT INTO tenants (key, project, name, created) VALUES (?, ?, ?, ?)`, t.Key, t.ProjectID, t.Name, nanoseconds(t.Created))
	return err
}

func (f *file) deleteTenant(key string) error {
	_, err := f.tx.Exec(`DELETE FROM tenants WHERE key = ?`, key)
	return err
}

// load fills a new store with what the file holds, and applies the bounds.
func (f *file) load(s *Store) error {
	if err := errors.Join(f.loadTenants(s), f.loadDeliveries(s)); err != nil {
		return fmt.Errorf("reading the store %s: %w", f.path, explained(err))
	}
	// The newest number is not that of the newest row when that was deleted.
	var last sql.NullInt64
	if err := f.db.QueryRow(`SELECT max(seq) FROM sqlite_sequence`).Scan(&last); err != nil {
		return err
	}
	f.last = max(last.Int64, s.last)
	s.last = f.last
	s.log = f // so that what is too much is also dropped from the file
	s.evictLocked(time.Now())
	return nil
}

func (f *file) loadTenants(s *Store) error {
	rows, err := f.db.Query(`SELECT key, project, name, created FROM tenants ORDER BY project`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var t Tenant
		var created int64
		if err := rows.Scan(&t.Key, &t.ProjectID, &t.Name, &created); err != nil {
			return err
		}
		t.Created = time.Unix(0, created).UTC()
		s.tenants = append(s.tenants, t)
		if n, err := strconv.Atoi(t.ProjectID); err == nil {
			s.project = max(s.project, n)
		}
	}
	return rows.Err()
}

func (f *file) loadDeliveries(s *Store) error {
	rows, err := f.db.Query(`SELECT d.seq, d.request, d.rejection, d.accepted, d.body, d.decoded, d.decoded IS NULL, e.seq, e.event_id, e.event
		FROM deliveries d LEFT JOIN events e ON e.delivery = d.seq ORDER BY d.seq, e.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var read []*Delivery
	for rows.Next() {
		d, err := readRow(rows, read)
		if err != nil {
			return err
		}
		if len(read) == 0 || read[len(read)-1] != d {
			read = append(read, d)
		}
	}
	for _, d := range read {
		d.measure()
		s.appendLocked(d)
		s.last = d.lastSeq()
	}
	return rows.Err()
}

// readRow returns the delivery of a row: the last of those that were read already, with one event more, or a new one.
func readRow(rows *sql.Rows, read []*Delivery) (*Delivery, error) {
	var (
		seq           int64
		request       string
		rejection     sql.NullString
		accepted      bool
		body, decoded []byte
		same          bool // decoded is the same as body, which an empty blob can't be told from
		eventSeq      sql.NullInt64
		id, event     sql.NullString
	)
	if err := rows.Scan(&seq, &request, &rejection, &accepted, &body, &decoded, &same, &eventSeq, &id, &event); err != nil {
		return nil, err
	}
	if same {
		decoded = body
	}
	d := &Delivery{Seq: seq}
	if n := len(read); n > 0 && read[n-1].Seq == seq {
		d = read[n-1]
	} else if err := d.restore(request, rejection.String, accepted, body, decoded); err != nil {
		return nil, fmt.Errorf("delivery %d: %w", seq, err)
	}
	if eventSeq.Valid {
		e, err := d.restoreEvent(eventSeq.Int64, id.String, event.String)
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", eventSeq.Int64, err)
		}
		d.Events = append(d.Events, e)
	}
	return d, nil
}

func (d *Delivery) restore(request, rejection string, accepted bool, body, decoded []byte) error {
	if err := json.Unmarshal([]byte(request), &d.Request); err != nil {
		return err
	}
	d.Request.Body, d.Request.Decoded = string(body), string(decoded)
	if rejection != "" {
		if err := json.Unmarshal([]byte(rejection), &d.Rejection); err != nil {
			return err
		}
	}
	if !accepted {
		return nil
	}
	e, err := sentrytest.ParseEnvelope([]byte(d.Request.Decoded))
	if err != nil {
		return err
	}
	d.setItems(&e)
	return nil
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
	e.Seq = seq
	return e, nil
}

// explained adds to an error of SQLite what can be done about it.
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
		return errors.New("it can't be opened: may you read and write it, and its folder?")
	}
	return err
}

// escapePath makes a file name fit for the path of a file: URL.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(slices.Clip(parts), "/")
}
