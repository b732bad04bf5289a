package main

import (
	"database/sql"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

func TestComplaintsPrintOneErrorAPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		c := &complaints{w: &out, every: time.Second}
		for range 3 {
			c.print(errors.New("the disk is full"))
		}
		NewWithT(t).Expect(out.String()).To(Equal("fakesentry: the disk is full\n"))
		time.Sleep(time.Second)
		c.print(errors.New("the disk is full"))
		NewWithT(t).Expect(out.String()).To(HaveSuffix("\nfakesentry: the disk is full (and 2 more since the last line)\n"))
	})
}

func TestServePrintsThatItsStoreCannotBeWritten(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events.db")
	s := serve(t, "--store", path)
	s.url(t)
	s.stop()
	db, err := sql.Open("sqlite", path)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = db.Exec(`CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END`)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(db.Close()).To(Succeed())

	s = serve(t, "--store", path)
	for range 3 {
		g.Expect(post(t, http.DefaultClient, s.url(t), `{"message":"lost"}`)).To(Equal(503))
	}
	g.Expect(s.stop()).To(BeZero())
	g.Expect(s.errs.String()).To(MatchRegexp(`^fakesentry: writing to the store %s: .*disk is full.*\n$`, path))
	g.Expect(s.errs.String()).NotTo(Or(ContainSubstring("sql: "), ContainSubstring("rollback")))
	http.DefaultClient.CloseIdleConnections()
}
