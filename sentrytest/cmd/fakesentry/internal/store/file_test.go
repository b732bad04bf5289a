package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func TestFileIsReadByTheNextStore(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "events.db")}
	s := open(t, cfg)
	tenant, err := s.Mint(t.Context(), "mine")
	g.Expect(err).NotTo(HaveOccurred())
	refused := &sentrytest.Arrival{
		Request:   sentrytest.Request{Time: start, Body: "x", Answer: sentrytest.Answer{Status: 400}},
		Rejection: &sentrytest.Rejection{Status: 400, Reason: "nonsense", Causes: []string{"the whole event"}},
	}
	enclosed := accepted(t, "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n{\"type\":\"attachment\",\"filename\":\"a.txt\"}\nabc")
	add(t, s, arrival(t, tenant.Key, "kept"), refused, enclosed, arrival(t, "a", "deleted"))
	g.Expect(s.Delete(t.Context(), store.Filter{Query: query(t, "deleted")})).To(Equal(1))
	last := s.Last()
	before := s.Events()[0]
	g.Expect(s.Close()).To(Succeed())
	g.Expect(s.Close()).To(Succeed())

	s = open(t, cfg)
	g.Expect(all(s)).To(Equal([]string{"kept"}))
	after := s.Events()[0]
	g.Expect(after.Seq).To(Equal(before.Seq))
	g.Expect(after.Contents()).To(Equal(before.Contents()))
	g.Expect(after.Delivery.Request).To(Equal(before.Delivery.Request))
	g.Expect(listed(t, s, store.Filter{Key: tenant.Key, Query: query(t, "tag:of=*")}, 0, 1).Total).To(Equal(1))
	others, total, _ := s.Deliveries(func(d *store.Delivery) bool { return len(d.Events) == 0 }, 0, 10)
	g.Expect(total).To(Equal(2))
	g.Expect(others[0].Items).To(HaveExactElements(HaveField("Filename", "a.txt")))
	envelope, ok := others[0].Envelope()
	g.Expect(ok).To(BeTrue())
	g.Expect(string(envelope.Items[0].Payload)).To(Equal("abc"))
	g.Expect(others[1].Rejection.Causes).To(Equal([]string{"the whole event"}))
	g.Expect(others[1].Request.Decoded).To(BeEmpty(), "the body was not decoded")
	g.Expect(s.Last()).To(Equal(last), "numbers are never used again")
	g.Expect(s.Tenants()).To(Equal([]fakesentryclient.Tenant{tenant}))
	next, err := s.Mint(t.Context(), "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(next.ProjectID).To(Equal("3"))
	g.Expect(s.Close()).To(Succeed())

	cfg.MaxEvents = 1
	s = open(t, cfg)
	add(t, s, arrival(t, "a", "newer"))
	g.Expect(s.Close()).To(Succeed())
	g.Expect(all(open(t, cfg))).To(Equal([]string{"newer"}), "the bounds apply to the file too")
}

// The contents of the file are private.
func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events.db")
	s := open(t, store.Config{Path: path})
	add(t, s, arrival(t, "a", "secret"))
	files, err := filepath.Glob(path + "*")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(ContainElements(path, path+"-wal"))
	for _, name := range files {
		info, err := os.Stat(name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), name)
	}
	g.Expect(s.Close()).To(Succeed())
	g.Expect(os.Chmod(path, 0o640)).To(Succeed())
	s = open(t, store.Config{Path: path})
	g.Expect(all(s)).To(Equal([]string{"secret"}))
	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o640)), "the permissions of an existing file do not change")
}

func TestManyAtOnceShareTransactions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "events.db")}
	s := open(t, cfg)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 20 {
				if err := s.Add(context.Background(), arrival(t, "a", fmt.Sprint(i, "-", j))); err != nil {
					t.Error(err)
				}
				if j%7 == 0 {
					if _, err := s.Mint(context.Background(), ""); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	projects := map[string]bool{}
	for _, tenant := range s.Tenants() {
		projects[tenant.ProjectID] = true
	}
	g.Expect(projects).To(HaveLen(16 * 3))
	g.Expect(s.Close()).To(Succeed())
	s = open(t, cfg)
	g.Expect(s.Stats().Kept).To(Equal(320))
	var previous int64
	for _, d := range func() []*store.Delivery { d, _, _ := s.Feed(0).Next(t.Context()); return d }() {
		g.Expect(d.Seq).To(BeNumerically(">", previous))
		previous = d.Events[0].Seq
	}
}

func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "events.db")
	open(t, store.Config{Path: path})
	_, err := store.Open(store.Config{Path: path})
	g.Expect(err).To(MatchError(HavePrefix("opening the store " + path + ": another fakesentry uses it: ")))

	text := filepath.Join(folder, "text")
	g.Expect(os.WriteFile(text, []byte("this text is longer than the 100 bytes of the header that SQLite writes at the start of its files: no SQLite file."), 0o600)).To(Succeed())
	_, err = store.Open(store.Config{Path: text})
	g.Expect(err).To(MatchError(ContainSubstring("it is not a SQLite file")))

	_, err = store.Open(store.Config{Path: filepath.Join(folder, "absent", "events.db")})
	g.Expect(err).To(MatchError(HaveSuffix(": the folder " + filepath.Join(folder, "absent") + " does not exist: create it first")))
}
