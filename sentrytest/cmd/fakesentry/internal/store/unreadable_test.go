package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// change runs a statement on the file of a closed store.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer db.Close()
	_, err = db.Exec(statement)
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), statement)
}

// rows counts the rows of a table in the file of a closed store.
func rows(t *testing.T, path, table string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer db.Close()
	NewWithT(t).Expect(db.QueryRow("SELECT count(*) FROM " + table).Scan(&n)).To(Succeed())
	return n
}

// An unreadable row is skipped and named; the others are read.
func TestUnreadableRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, damage string
		want         []string // titles of the remaining events
		named        string
	}{
		{"request", `UPDATE deliveries SET request = '{' WHERE seq = 3`, []string{"three", "one"}, "request 3: unexpected end of JSON input"},
		{"request that is a blob", `UPDATE deliveries SET request = x'ff00' WHERE seq = 3`, []string{"three", "one"}, "request 3: invalid character .+"},
		{"request that is a number", `UPDATE deliveries SET request = 7 WHERE seq = 3`, []string{"three", "one"}, "request 3: json: cannot unmarshal number .+"},
		{"rejection", `UPDATE deliveries SET rejection = '[' WHERE seq = 3`, []string{"three", "one"}, "request 3: unexpected end of JSON input"},
		{"envelope", `UPDATE deliveries SET accepted = 1, decoded = 'nonsense' WHERE seq = 3`, []string{"three", "one"}, "request 3: sentrytest: invalid envelope header.+"},
		{"event", `UPDATE events SET event = '[]' WHERE seq = 4`, []string{"three", "one"}, "event 4: sentrytest: not an event: expected an object, found array"},
		{"accepted", `UPDATE deliveries SET accepted = 'x', body = 7, decoded = 'y' WHERE seq = 3`, []string{"three", "two", "one"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var named []string
			cfg := store.Config{
				Path:       filepath.Join(t.TempDir(), "events.db"),
				Unreadable: func(err error) { named = append(named, err.Error()) },
			}
			s := open(t, cfg)
			add(t, s, arrival(t, "a", "one"), arrival(t, "a", "two"), arrival(t, "a", "three"))
			g.Expect(s.Close()).To(Succeed())
			change(t, cfg.Path, c.damage)

			s = open(t, cfg)
			g.Expect(all(s)).To(Equal(c.want))
			if c.named == "" {
				g.Expect(named).To(BeEmpty())
			} else {
				g.Expect(named).To(HaveExactElements(MatchRegexp("^the store %s: skipped, because it can't be read: %s$", cfg.Path, c.named)))
			}
			add(t, s, arrival(t, "a", "four"))
			g.Expect(s.Last()).To(BeEquivalentTo(8), "numbers of unreadable rows are not used again")
			g.Expect(s.Close()).To(Succeed())
			g.Expect(rows(t, cfg.Path, "deliveries")).To(Equal(4), "unreadable rows stay in the file")
		})
	}
}

func TestUnreadableTenants(t *testing.T) {
	t.Parallel()
	for _, damage := range []string{`created = 'yesterday'`, `project = 'x'`, `key = x'ff', created = x''`} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var named []string
			cfg := store.Config{
				Path:       filepath.Join(t.TempDir(), "events.db"),
				Unreadable: func(err error) { named = append(named, err.Error()) },
			}
			s := open(t, cfg)
			_, err := s.Mint(t.Context(), "one")
			g.Expect(err).NotTo(HaveOccurred())
			two, err := s.Mint(t.Context(), "two")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(s.Close()).To(Succeed())
			change(t, cfg.Path, `UPDATE tenants SET `+damage+` WHERE name = 'one'`)
			g.Expect(open(t, cfg).Tenants()).To(Equal([]fakesentryclient.Tenant{two}))
			g.Expect(named).To(HaveExactElements(ContainSubstring(": skipped, because it can't be read: tenant 1: ")))
		})
	}
}

func TestUnreadableRowsAreDroppedWithOthers(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var named []string
	cfg := store.Config{
		Path:       filepath.Join(t.TempDir(), "events.db"),
		Unreadable: func(err error) { named = append(named, err.Error()) },
	}
	s := open(t, cfg)
	for i := range 20 {
		add(t, s, arrival(t, "a", fmt.Sprint(i)))
	}
	g.Expect(s.Close()).To(Succeed())
	change(t, cfg.Path, `UPDATE deliveries SET request = '' WHERE seq < 30`)
	s = open(t, cfg)
	g.Expect(s.Stats().Kept).To(Equal(5))
	g.Expect(named).To(HaveLen(11), "ten are named, the rest is counted")
	g.Expect(named[10]).To(HaveSuffix(": 5 more"))
	g.Expect(s.Close()).To(Succeed())

	bounded := cfg
	bounded.MaxEvents = 3
	s = open(t, bounded)
	add(t, s, arrival(t, "a", "newest"))
	g.Expect(s.Close()).To(Succeed())
	g.Expect(rows(t, cfg.Path, "deliveries")).To(Equal(4), "the bounds drop older rows, readable or not; the next transaction drops the last one")

	change(t, cfg.Path, `UPDATE deliveries SET request = ''`)
	s = open(t, cfg)
	g.Expect(s.Delete(t.Context(), store.Filter{})).To(Equal(0))
	g.Expect(s.Close()).To(Succeed())
	g.Expect(rows(t, cfg.Path, "deliveries")).To(BeZero(), "deleting everything deletes unreadable rows too")
}

// The envelope that was made of an upload is kept with the original.
func TestMinidumpsAreKept(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "events.db")}
	s := open(t, cfg)
	srv := sentrytest.NewServer(t, sentrytest.BeforeAnswer(s.Add))
	resp, err := srv.Client().Post(srv.URL()+"/api/1/minidump/?sentry_key=k", "application/x-dmp", strings.NewReader("MDMP\x00\xff\n\n"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	before := s.Events()[0]
	check := func(s *store.Store) {
		e := s.Events()[0]
		g.Expect(e.EventID).To(Equal(before.EventID))
		g.Expect(e.Raw()).To(Equal(before.Raw()))
		g.Expect(e.Delivery.Request.Decoded).To(Equal("MDMP\x00\xff\n\n"), "as received")
		g.Expect(e.Delivery.Items).To(Equal([]fakesentryclient.Item{
			{Type: "event", ContentType: "application/json", Size: len(e.Raw())},
			{Type: "attachment", Filename: "Minidump", ContentType: "application/x-dmp", AttachmentType: "event.minidump", Size: 8},
		}))
		envelope, ok := e.Delivery.Envelope()
		g.Expect(ok).To(BeTrue())
		g.Expect(envelope.EventID).To(Equal(e.EventID))
		g.Expect(envelope.Raw).To(BeNil())
		g.Expect(string(envelope.Items[1].Payload)).To(Equal("MDMP\x00\xff\n\n"))
	}
	check(s)
	g.Expect(s.Close()).To(Succeed())
	cfg.Unreadable = func(err error) { t.Error(err) }
	s = open(t, cfg)
	check(s)
	g.Expect(s.Close()).To(Succeed())

	// Files of version 1 lack this column.
	change(t, cfg.Path, `ALTER TABLE deliveries DROP COLUMN made; PRAGMA user_version = 1`)
	s = open(t, cfg)
	e := s.Events()[0]
	g.Expect(e.EventID).To(Equal(before.EventID))
	g.Expect(e.Delivery.Items).To(BeNil())
}
