package raven_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// process is a client that shares a directory with those of other processes.
func process(t *testing.T, srv *sentrytest.Server, log *slog.Logger, dir string, opts ...sentrytest.DSNOption) *raven.Client {
	t.Helper()
	dsn := srv.DSN(append(opts, sentrytest.DSNParam("spool_dir", dir))...)
	c, err := raven.New(dsn, raven.WithLogger(log), raven.WithEnv(transport.Env{DialContext: srv.DialContext}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

func TestEventsSurviveTheProcess(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, nil))
		srv.Down()
		c := process(t, srv, log, dir)
		var ids []string
		for range 3 {
			ids = append(ids, c.CaptureMessage(t.Context(), "kept"))
		}
		synctest.Wait()
		g.Expect(c.State().Spool).To(And(HaveField("Dir", HavePrefix(dir)), HaveField("Err", BeNil()), HaveField("Bytes", BeNumerically(">", 1000))))
		g.Expect(c.Close(t.Context())).To(Succeed(), "nothing is lost")
		g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 3, Spooled: 3}))
		g.Expect(c.Stats().Lost()).To(BeZero())
		g.Expect(c.Stats().String()).To(Equal("3 captured: 3 spooled"))
		outcomes, _ := c.Ledger()
		g.Expect(outcomes).To(HaveLen(3))
		g.Expect(outcomes[ids[0]]).To(And(HavePrefix("spooled: "), ContainSubstring("connection refused")))
		lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
		g.Expect(lines).To(HaveLen(2))
		g.Expect(lines[0]).To(ContainSubstring("delivery has stopped"))
		g.Expect(lines[1]).To(And(ContainSubstring(`level=WARN msg="raven: closed; events wait on disk for the next start" events=3 dir=`+dir), ContainSubstring("refused")))
		sentrytest.RequireNoLoss(t, c, srv)

		g.Expect(srv.Up()).To(Succeed())
		second := process(t, srv, log, dir)
		own := second.CaptureMessage(t.Context(), "new")
		g.Expect(second.Flush(t.Context())).To(Succeed())
		g.Expect(second.Stats()).To(Equal(raven.Stats{Captured: 1, Delivered: 1, Recovered: 3}))
		outcomes, _ = second.Ledger()
		g.Expect(outcomes).To(Equal(map[string]string{ids[0]: "recovered", ids[1]: "recovered", ids[2]: "recovered", own: "delivered"}))
		g.Expect(second.Stats().String()).To(Equal("1 captured: 1 delivered; 3 recovered"))
		g.Expect(srv.Rejected()).To(BeEmpty())
		sentrytest.RequireNoLoss(t, second, srv)
		g.Expect(second.Close(t.Context())).To(Succeed())
		g.Expect(filepath.Glob(filepath.Join(dir, "*", "*", "*.seg"))).To(BeEmpty())
	})
}

func TestLossesOfASpoolAreReported(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Down()
		c := process(t, srv, slog.New(slog.DiscardHandler), dir, sentrytest.DSNParam("spool_bytes", "100000"), sentrytest.DSNParam("queue_size", "5"))
		for range 200 {
			c.CaptureMessage(t.Context(), strings.Repeat("x", 2000))
		}
		synctest.Wait()
		lost := c.Stats().QueueFull
		g.Expect(lost).To(BeNumerically(">", 100))
		g.Expect(srv.Up()).To(Succeed())
		c.CaptureMessage(t.Context(), "carries the report")
		g.Expect(c.Flush(t.Context())).To(MatchError(ContainSubstring("queue_full")))
		reports := map[string]int{}
		for _, e := range srv.Envelopes() {
			quantities, _ := reported(t, e.Raw)
			for reason, n := range quantities {
				reports[reason] += n
			}
		}
		g.Expect(reports).To(Equal(map[string]int{"cache_overflow": int(lost)}))
		g.Expect(c.Close(t.Context())).To(Succeed())
	})
}

func TestLossesOfAnEarlierProcessAreReported(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, nil))
		srv.Down()
		c := process(t, srv, slog.New(slog.DiscardHandler), dir)
		refused, damaged := c.CaptureMessage(t.Context(), "refused"), c.CaptureMessage(t.Context(), "damaged")
		g.Expect(c.Close(t.Context())).To(Succeed())
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.seg"))
		g.Expect(err).NotTo(HaveOccurred())
		data, err := os.ReadFile(files[0])
		g.Expect(err).NotTo(HaveOccurred())
		data[bytes.LastIndex(data, []byte("damaged"))] = 'X'
		g.Expect(os.WriteFile(files[0], data, 0o600)).To(Succeed())

		g.Expect(srv.Up()).To(Succeed())
		srv.Script(sentrytest.Status(400))
		second := process(t, srv, log, dir)
		time.Sleep(time.Second)
		g.Expect(second.Stats()).To(Equal(raven.Stats{}), "they were counted before")
		outcomes, _ := second.Ledger()
		g.Expect(outcomes).To(HaveLen(1))
		g.Expect(outcomes[refused]).To(HavePrefix("rejected: 400"))
		g.Expect(outcomes).NotTo(HaveKey(damaged), "its id is damaged, too")
		g.Expect(logged.String()).To(ContainSubstring("raven: event not delivered"))
		g.Expect(second.Close(t.Context())).To(Succeed())
		var quantities map[string]int
		for _, e := range srv.Envelopes() {
			quantities, _ = reported(t, e.Raw)
		}
		g.Expect(quantities).To(Equal(map[string]int{"send_error": 1, "internal_sdk_error": 1}))
	})
}

func TestAnUnusableSpoolIsAnErrorOfNew(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	_, err := raven.New("https://k@h/1?spool_dir=" + file)
	g.Expect(err).To(MatchError(And(ContainSubstring(`spool_dir="`+file+`"`), ContainSubstring("not a directory"), ContainSubstring("such as /var/lib"))))
}

func TestNothingReachesTheDiskThatWouldNotReachSentry(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Down()
		c := process(t, srv, slog.New(slog.DiscardHandler), dir, sentrytest.DSNSecret("dsnsecret"))
		c.CaptureMessage(t.Context(), "visible", raven.Extra{"password": "hunter2", "note": "Authorization: Bearer abcdef0123456789"})
		g.Expect(c.Close(t.Context())).To(Succeed())
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.seg"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(files).To(HaveLen(1))
		data, err := os.ReadFile(files[0])
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(data)).To(ContainSubstring("visible"))
		g.Expect(string(data)).NotTo(Or(ContainSubstring("hunter2"), ContainSubstring("abcdef0123456789"), ContainSubstring("dsnsecret")))
	})
}

func TestStatsAsText(t *testing.T) {
	g := NewWithT(t)
	g.Expect(raven.Stats{}.String()).To(Equal("0 captured"))
	g.Expect(raven.Stats{Captured: 6, Delivered: 3, QueueFull: 1, Pending: 2, Recovered: 4}.String()).To(Equal("6 captured: 3 delivered, 1 queue_full, 2 pending; 4 recovered"))
}
