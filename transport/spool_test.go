package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

const spoolDSN = "https://public:topsecret@sentry.example.com/prefix/42"

// mail returns a packet of a client with spoolDSN.
func mail(id string) *transport.Packet {
	return &transport.Packet{
		URL:     "https://sentry.example.com/prefix/api/42/envelope/",
		EventID: id,
		Header: http.Header{
			"Content-Type":  {"application/x-sentry-envelope"},
			"User-Agent":    {"raven.go/1"},
			"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_client=raven.go/1, sentry_key=public, sentry_secret=topsecret"},
		},
		Body: fmt.Appendf(nil, "{\"event_id\":%q,\"sent_at\":\"2026-01-01T00:00:00.000000Z\"}\n{\"type\":\"event\"}\n{\"message\":%q}\n", id, id),
	}
}

func mailAll(tr transport.AsyncTransport, o *outcomes, ids ...string) {
	for _, id := range ids {
		tr.SendAsync(context.Background(), mail(id), o.done(id))
	}
}

// spool is a directory with what a test makes of it.
type spool struct {
	t   *testing.T
	dir string
	log *bytes.Buffer
	// How long the server takes for an answer.
	takes time.Duration
}

func newSpool(t *testing.T) *spool {
	return &spool{t: t, dir: filepath.Join(t.TempDir(), "made"), log: new(bytes.Buffer)}
}

func (s *spool) config(cfg transport.ThreadedConfig) transport.ThreadedConfig {
	dsn, err := transport.ParseDSN(spoolDSN)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg.Spool.Dir, cfg.Spool.DSN = s.dir, dsn
	cfg.Logger = slog.New(slog.NewTextHandler(&synced{w: s.log}, nil))
	return cfg
}

// synced is a writer for several goroutines.
type synced struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (s *synced) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

// run opens the spool for the time of fn. Each call is a process.
func (s *spool) run(cfg transport.ThreadedConfig, answer func(n int, p *transport.Packet) error, fn func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes)) {
	s.t.Helper()
	f := &faraway{start: time.Now(), answer: answer, takes: s.takes}
	tr, err := transport.NewThreaded(f, s.config(cfg))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tr.Close(context.Background()) }()
	fn(NewWithT(s.t), tr, f, new(outcomes))
}

// files returns the names of the files with packets.
func (s *spool) files() []string {
	names, err := filepath.Glob(filepath.Join(s.dir, "*", "lane-*", "*.seg"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// switched is a server that is away until a test says otherwise.
type switched struct{ down atomic.Bool }

func newSwitched() *switched {
	s := new(switched)
	s.down.Store(true)
	return s
}

func (s *switched) answer(_ int, p *transport.Packet) error {
	if s.down.Load() {
		return refusedConnection(p)
	}
	return nil
}

func taken(int, *transport.Packet) error { return nil }

func names(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s%03d", prefix, i))
	}
	return ids
}

func TestCloseLeavesPacketsForTheNextStart(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a", "b", "c")
			g.Expect(tr.SpoolState().Dir).To(HavePrefix(filepath.Join(s.dir, "sentry.example.com_42_")))
			var left *transport.UndeliveredError
			g.Expect(errors.As(tr.Close(t.Context()), &left)).To(BeTrue())
			g.Expect(left).To(And(HaveField("Spooled", 3), HaveField("Abandoned", 0), HaveField("Stuck", 0)))
			g.Expect(left.Error()).To(ContainSubstring("3 left in the spool for the next start: "))
			for _, id := range []string{"a", "b", "c"} {
				g.Expect(o.get(id)).To(HaveLen(1))
				err := o.get(id)[0]
				var left *transport.SpooledError
				g.Expect(errors.As(err, &left)).To(BeTrue())
				g.Expect(left.EventID).To(Equal(id))
				g.Expect(err).To(MatchError(transport.ErrClosed))
				g.Expect(err.Error()).To(And(ContainSubstring(s.dir), ContainSubstring("connection refused")))
			}
		})
		time.Sleep(time.Hour)
		var got []*transport.Packet
		answer := func(_ int, p *transport.Packet) error { got = append(got, p); return nil }
		s.run(transport.ThreadedConfig{Workers: 1}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			var notices []transport.Notice
			synctest.Wait() // they may arrive before somebody watches
			tr.Watch(func(n transport.Notice) { notices = append(notices, n) })
			synctest.Wait()
			g.Expect(f.ids()).To(Equal("a b c"))
			g.Expect(tr.SpoolState().Recovered).To(Equal(3))
			g.Expect(notices).To(Equal([]transport.Notice{
				{Kind: transport.NoticeRecovered, EventID: "a"}, {Kind: transport.NoticeRecovered, EventID: "b"}, {Kind: transport.NoticeRecovered, EventID: "c"},
			}))
			want := mail("a")
			g.Expect(got[0].URL).To(Equal(want.URL))
			g.Expect(got[0].Header).To(Equal(want.Header), "with the keys of the DSN")
			g.Expect(string(got[0].Body)).To(Equal(strings.Replace(string(want.Body), "2026-01-01T00:00:00.000000Z", "2000-01-01T01:00:00.000000Z", 1)))
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(s.files()).To(BeEmpty())
		})
	})
}

func TestTheKeysAreNotOnDisk(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			p := mail("a")
			p.Header.Set("Authorization", "Bearer topsecret")
			tr.SendAsync(t.Context(), p, nil)
			p = mail("b")
			p.Header.Set("X-Sentry-Auth", "Bearer topsecret")
			tr.SendAsync(t.Context(), p, nil)
			read := 0
			g.Expect(filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				info, err := d.Info()
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(info.Mode().Perm()&0o077).To(BeZero(), "only this user reads it")
				data, err := os.ReadFile(path)
				g.Expect(string(data)).NotTo(Or(ContainSubstring("topsecret"), ContainSubstring("public")))
				read += len(data)
				return err
			})).To(Succeed())
			g.Expect(read).To(BeNumerically(">", len(p.Body)))
		})
	})
}

func TestWhatIsSettledLeavesTheSpool(t *testing.T) {
	for name, answer := range map[string]func(*transport.Packet) error{
		"delivered":  func(*transport.Packet) error { return nil },
		"refused":    status(400),
		"no project": status(404),
		"rate limit": func(p *transport.Packet) error {
			return &transport.RateLimitedError{EventID: p.EventID, RetryAfter: time.Second}
		},
		"500 three times": status(500),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpool(t)
			synctest.Test(t, func(t *testing.T) {
				s.run(transport.ThreadedConfig{}, always(answer), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
					mailAll(tr, o, "a")
					time.Sleep(time.Minute)
					synctest.Wait()
					g.Expect(o.len()).To(Equal(1))
					g.Expect(tr.Close(t.Context())).To(Succeed())
				})
				s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
					synctest.Wait()
					g.Expect(f.log()).To(BeEmpty())
				})
			})
		})
	}
}

func TestAnOutageOfHoursCostsNothing(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(20 * time.Hour)
		answer := func(_ int, p *transport.Packet) error {
			if time.Now().Before(back) {
				return refusedConnection(p)
			}
			return nil
		}
		s.run(transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, "a")
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(o.get("a")).To(Equal([]error{nil}))
		})
	})
}

func TestPacketsThatDoNotFitIntoMemoryWaitOnDisk(t *testing.T) {
	for name, cfg := range map[string]transport.ThreadedConfig{
		"queue_size":  {QueueSize: 3},
		"queue_bytes": {QueueBytes: 1500},
		"spool_bytes": {Spool: transport.SpoolConfig{Bytes: 100_000}, QueueSize: 40},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSpool(t)
			ids := names("e", 200)
			synctest.Test(t, func(t *testing.T) {
				server := newSwitched()
				cfg.Workers = 1
				s.run(cfg, server.answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
					mailAll(tr, o, ids...)
					synctest.Wait()
					g.Expect(tr.HoldState().Waiting).To(Equal(200))
					g.Expect(tr.SpoolState().Waiting).To(BeNumerically(">=", 160))
					server.down.Store(false)
					g.Expect(tr.Flush(context.Background())).To(Succeed())
					g.Expect(o.len()).To(Equal(200))
					for _, id := range ids {
						g.Expect(o.get(id)).To(Equal([]error{nil}))
					}
					g.Expect(f.ids()).To(HaveSuffix(strings.Join(ids[50:], " ")), "in order")
				})
			})
		})
	}
}

func TestCloseDeliversWhatIsOnDisk(t *testing.T) {
	s := newSpool(t)
	ids := names("e", 100)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{QueueSize: 5}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, ids...)
		})
		s.takes = 10 * time.Millisecond
		s.run(transport.ThreadedConfig{QueueSize: 5, Workers: 1}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, "new")
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(f.ids()).To(Equal(strings.Join(ids, " ") + " new"))
			g.Expect(s.files()).To(BeEmpty())
		})
	})
}

func TestCloseKeepsItsTime(t *testing.T) {
	s := newSpool(t)
	ids := names("e", 100)
	s.takes = 100 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{QueueSize: 5, Workers: 1, ShutdownTimeout: time.Second}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, ids...)
			begun := time.Now()
			g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring("left in the spool")))
			g.Expect(time.Since(begun)).To(Equal(time.Second))
			g.Expect(o.len()).To(Equal(100))
		})
		begun := time.Now()
		s.run(transport.ThreadedConfig{ShutdownTimeout: time.Second, Workers: 1}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(len(f.log())).To(BeNumerically("~", 10, 1), "of an earlier process")
			g.Expect(time.Since(begun)).To(Equal(time.Second))
		})
		s.takes = 0
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			begun := time.Now()
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(time.Since(begun)).To(BeNumerically("<", 100*time.Millisecond), "nobody is there")
		})
	})
}

func TestTheOldestGoIfTheSpoolIsFull(t *testing.T) {
	s := newSpool(t)
	ids := names("e", 500)
	synctest.Test(t, func(t *testing.T) {
		cfg := transport.ThreadedConfig{QueueSize: 10, Spool: transport.SpoolConfig{Bytes: 50_000}}
		s.run(cfg, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, ids...)
			synctest.Wait()
			lost := o.len()
			g.Expect(lost).To(BeNumerically(">", 100))
			g.Expect(tr.SpoolState().Lost).To(Equal(lost))
			g.Expect(tr.SpoolState().Bytes).To(And(BeNumerically("<=", 50_000), BeNumerically(">", 40_000)))
			for _, id := range o.ids {
				var failed *transport.SpoolError
				g.Expect(errors.As(o.get(id)[0], &failed)).To(BeTrue())
				g.Expect(failed.Reason).To(Equal(transport.SpoolBytes))
				g.Expect(failed.EventID).To(Equal(id))
				g.Expect(failed).To(MatchError(transport.ErrQueueFull))
				g.Expect(failed.Error()).To(And(ContainSubstring(id), ContainSubstring("spool_bytes"), ContainSubstring(s.dir)))
			}
			g.Expect(o.get("e499")).To(BeEmpty(), "the newest stays")
			g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring(fmt.Sprintf("%d left in the spool", 500-lost))))
			g.Expect(o.len()).To(Equal(500))
		})
	})
}

func TestPacketsOfEarlierProcessesThatAreLost(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a", "b", "c")
		})
		name := s.files()[0]
		data, err := os.ReadFile(name)
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		data[bytes.Index(data, []byte(`"message":"b"`))] = 'X'
		g.Expect(os.WriteFile(name, data, 0o600)).To(Succeed())
		s.run(transport.ThreadedConfig{}, status400to("c"), func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
			notices := map[string]error{}
			var mu sync.Mutex
			tr.Watch(func(n transport.Notice) {
				mu.Lock()
				defer mu.Unlock()
				g.Expect(n.Kind).To(Equal(transport.NoticeRecovered))
				notices[n.EventID] = n.Err
			})
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			g.Expect(notices).To(HaveLen(3))
			g.Expect(notices["a"]).NotTo(HaveOccurred())
			g.Expect(notices["c"]).To(MatchError(ContainSubstring("400")))
			g.Expect(notices[""]).To(MatchError(And(ContainSubstring("damaged"), ContainSubstring("corrupt"))))
			g.Expect(tr.SpoolState().Recovered).To(Equal(1))
		})
	})
}

func status400to(id string) func(int, *transport.Packet) error {
	return func(_ int, p *transport.Packet) error {
		if p.EventID == id {
			return status(400)(p)
		}
		return nil
	}
}

func TestWhatASpoolLeavesOut(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			report := mail("")
			report.Category = transport.CategoryInternal
			tr.SendAsync(t.Context(), report, o.done("report"))
			elsewhere := mail("elsewhere")
			elsewhere.URL = "https://other.example.com/api/1/envelope/"
			tr.SendAsync(t.Context(), elsewhere, o.done("elsewhere"))
			query := mail("query")
			query.URL += "?sentry_key=topsecret"
			tr.SendAsync(t.Context(), query, o.done("query"))
			_, err := tr.Send(t.Context(), mail("sent"))
			g.Expect(err).To(HaveOccurred())
			g.Expect(tr.SpoolState()).To(And(HaveField("Bytes", BeZero()), HaveField("Unspooled", 2), HaveField("Err", BeNil())))
			g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring("2 abandoned")))
		})
	})
}

func TestProcessesAndDSNsShareADirectory(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, second *transport.Threaded, _ *faraway, _ *outcomes) {
				mailAll(tr, o, "a")
				mailAll(second, o, "b")
			})
		})
		dsn, err := transport.ParseDSN(strings.Replace(spoolDSN, "/42", "/43", 1))
		g := NewWithT(t)
		g.Expect(err).NotTo(HaveOccurred())
		other := &faraway{answer: taken}
		tr, err := transport.NewSpool(other, dsn, transport.SpoolConfig{Dir: s.dir})
		g.Expect(err).NotTo(HaveOccurred())
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			synctest.Wait()
			g.Expect(strings.Fields(f.ids())).To(ConsistOf("a", "b"))
		})
		g.Expect(other.log()).To(BeEmpty(), "another project")
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
}

func TestOptionsOfASpool(t *testing.T) {
	for query, want := range map[string]string{
		"spool_bytes=5":              `spool_bytes="5": want no such option without spool_dir`,
		"spool_age=5":                `spool_age="5s": want no such option without spool_dir`,
		"spool_sync=fsync":           `spool_sync="fsync": want no such option without spool_dir`,
		"spool_dir=D&spool_sync=no":  `spool_sync="no": want one of write, fsync`,
		"spool_dir=D&spool_age=721h": `spool_age="721h": want seconds or a duration such as 72h, more than 0, at most 720h`,
		"spool_dir=D&spool_bytes=0":  `spool_bytes="0": want a whole number, at least 1`,
		"spool_dir=D&overflow=block": `overflow="block": want no such option with spool_dir`,
		"spool_dir=F":                `spool_dir="F": want a directory on a local disk that the program may make or write to, such as /var/lib/app/sentry: `,
		"spool_dirr=D":               `unknown option "spool_dirr": did you mean "spool_dir"?`,
		"spool_dir=D&spool_bytes=1000000&spool_age=1h&spool_sync=fsync&queue_size=7&queue_bytes=10000": "",
	} {
		t.Run(query, func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
			query = strings.NewReplacer("=D", "="+dir, "=F", "="+file).Replace(query)
			dsn, err := transport.ParseDSN("https://k@h/1?" + query)
			if err == nil {
				var tr transport.Transport
				if tr, err = transport.DefaultRegistry().Open(dsn, transport.Env{Logger: quiet}); err == nil {
					g.Expect(tr.Close(t.Context())).To(Succeed())
				}
			}
			if want == "" {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			var option *transport.OptionError
			g.Expect(errors.As(err, &option)).To(BeTrue(), "%v", err)
			g.Expect(err).To(MatchError(ContainSubstring(strings.Replace(want, `"F"`, fmt.Sprintf("%q", file), 1))))
		})
	}
	t.Run("without a DSN", func(t *testing.T) {
		_, err := transport.NewThreaded(&faraway{answer: taken}, transport.ThreadedConfig{Spool: transport.SpoolConfig{Dir: t.TempDir()}})
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("its driver does not set SpoolConfig.DSN")))
	})
}

// disk is the machine's file system with faults.
type disk struct {
	seglog.FS
	mu  sync.Mutex
	err error
}

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *disk) fault() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *disk) MkdirAll(dir string) error {
	if err := d.fault(); err != nil {
		return err
	}
	return d.FS.MkdirAll(dir)
}

func (d *disk) OpenFile(name string, flag int) (seglog.File, error) {
	f, err := d.FS.OpenFile(name, flag)
	return brittle{f, d}, err
}

type brittle struct {
	seglog.File
	disk *disk
}

func (b brittle) WriteAt(p []byte, off int64) (int, error) {
	if err := b.disk.fault(); err != nil {
		return 0, err
	}
	return b.File.WriteAt(p, off)
}

func TestABrokenDiskCostsNothing(t *testing.T) {
	for name, broken := range map[string]error{"an error": syscall.EIO, "a full disk": errDiskFull} {
		t.Run(name, func(t *testing.T) {
			s := newSpool(t)
			synctest.Test(t, func(t *testing.T) {
				d := &disk{FS: seglog.OS}
				var cfg transport.ThreadedConfig
				transport.SpoolOn(&cfg.Spool, d)
				server := newSwitched()
				s.run(cfg, server.answer, func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
					mailAll(tr, o, "a")
					synctest.Wait() // it is in the queue, so its file stays
					d.fail(&fs.PathError{Op: "write", Path: "file", Err: broken})
					mailAll(tr, o, "b", "c")
					g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 2), HaveField("Err", MatchError(broken))))
					d.fail(nil)
					mailAll(tr, o, "d")
					g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 2), HaveField("Err", BeNil())))
					server.down.Store(false)
					g.Expect(tr.Flush(context.Background())).To(Succeed())
					for _, id := range []string{"a", "b", "c", "d"} {
						g.Expect(o.get(id)).To(Equal([]error{nil}))
					}
				})
				g := NewWithT(t)
				g.Expect(strings.Split(strings.TrimSpace(s.log.String()), "\n")).To(HaveLen(2))
				g.Expect(s.log.String()).To(And(
					MatchRegexp(`level=ERROR msg="transport: events wait in memory only, because the spool cannot be written" dir=\S+ error=".*`+regexp.QuoteMeta(broken.Error())),
					MatchRegexp(`level=WARN msg="transport: events are written to the spool again" dir=\S+ unspooled=2`)))
			})
		})
	}
}

func TestADiskThatIsFullAtTheStart(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		d := &disk{FS: seglog.OS, err: &fs.PathError{Op: "mkdir", Path: "dir", Err: errDiskFull}}
		var cfg transport.ThreadedConfig
		transport.SpoolOn(&cfg.Spool, d)
		s.run(cfg, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a")
			g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 1), HaveField("Err", MatchError(errDiskFull))))
			d.fail(nil)
			time.Sleep(time.Minute)
			synctest.Wait()
			mailAll(tr, o, "b")
			g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 1), HaveField("Err", BeNil())))
			g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring("1 abandoned")))
		})
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
			synctest.Wait()
			g.Expect(f.ids()).To(Equal("b"))
		})
	})
	// Nothing waits for a disk that stays full.
	synctest.Test(t, func(t *testing.T) {
		d := &disk{FS: seglog.OS, err: errDiskFull}
		var cfg transport.ThreadedConfig
		transport.SpoolOn(&cfg.Spool, d)
		s.run(cfg, taken, func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a")
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(o.get("a")).To(Equal([]error{nil}))
		})
	})
}

func TestPacketsInMemoryOnlyLeaveRoomForOthers(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		d := &disk{FS: seglog.OS}
		cfg := transport.ThreadedConfig{QueueSize: 4}
		transport.SpoolOn(&cfg.Spool, d)
		server := newSwitched()
		s.run(cfg, server.answer, func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			d.fail(syscall.EIO)
			mailAll(tr, o, "a", "b", "c", "d", "e", "f")
			synctest.Wait()
			refused := o.len()
			g.Expect(refused).To(BeNumerically(">", 0), "as without a spool")
			g.Expect(o.get("f")[0]).To(MatchError(transport.ErrQueueFull))
			d.fail(nil)
			mailAll(tr, o, "g", "h")
			synctest.Wait()
			g.Expect(o.len()).To(Equal(refused), "they wait on disk")
			server.down.Store(false)
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(o.get("g")).To(Equal([]error{nil}))
			g.Expect(o.get("h")).To(Equal([]error{nil}))
		})
	})
}

func TestCallbacksOfParkedPacketsDoNotHoldUpClose(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{QueueSize: 1}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			never := make(chan struct{})
			defer close(never)
			tr.SendAsync(t.Context(), mail("first"), nil)
			for range 10 {
				tr.SendAsync(t.Context(), mail("stuck"), func(*transport.Response, error) { <-never })
			}
			mailAll(tr, o, names("e", 500)...)
			g.Expect(tr.Close(t.Context())).To(MatchError(ContainSubstring("10 stuck")))
			g.Expect(o.len()).To(Equal(500))
		})
	})
}

func TestARateLimitKeepsNewPacketsOffTheDisk(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		answer := func(n int, p *transport.Packet) error {
			if n == 1 {
				return &transport.RateLimitedError{EventID: p.EventID, RetryAfter: time.Minute, RateLimits: transport.RateLimits{"": time.Now().Add(time.Minute)}}
			}
			return nil
		}
		s.run(transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a")
			synctest.Wait()
			before := tr.SpoolState().Bytes
			mailAll(tr, o, "b")
			var limited *transport.RateLimitedError
			g.Expect(errors.As(o.get("b")[0], &limited)).To(BeTrue())
			g.Expect(limited.Held).To(BeTrue())
			g.Expect(tr.SpoolState().Bytes).To(Equal(before))
		})
	})
}

func TestASpoolOfATargetOfATee(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		main, err := transport.NewThreaded(&faraway{answer: taken}, transport.ThreadedConfig{})
		g.Expect(err).NotTo(HaveOccurred())
		cfg := s.config(transport.ThreadedConfig{})
		other, err := transport.NewThreaded(&faraway{answer: always(refusedConnection)}, cfg)
		g.Expect(err).NotTo(HaveOccurred())
		mainDSN, err := transport.ParseDSN("https://public@sentry.example.com/1")
		g.Expect(err).NotTo(HaveOccurred())
		tr, err := transport.NewTee(transport.TeeConfig{Logger: cfg.Logger}, transport.Target{DSN: mainDSN, Transport: main}, transport.Target{DSN: cfg.Spool.DSN, Transport: other})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(tr.SpoolState()).To(BeZero(), "the main target has none")
		p := mail("a")
		p.URL = mainDSN.EnvelopeURL()
		tr.SendAsync(t.Context(), p, nil)
		synctest.Wait()
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(tr.Stats()[0]).To(Equal(transport.TargetStats{Host: "sentry.example.com", Delivered: 1}))
		g.Expect(tr.Stats()[1]).To(And(HaveField("Spooled", uint64(1)), HaveField("Failed", uint64(0)), HaveField("Waiting", 0)))
		lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
		g.Expect(lines).To(HaveLen(2))
		g.Expect(lines[0]).To(ContainSubstring("events don't reach the target"))
		g.Expect(lines[1]).To(ContainSubstring(`level=WARN msg="transport: tee: closed; events wait on disk for the next start" host=sentry.example.com events=1`))
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, _ *transport.Threaded, f *faraway, _ *outcomes) {
			synctest.Wait()
			g.Expect(f.ids()).To(Equal("a"))
		})
	})
}

func TestAPacketAboveSpoolBytesWaitsInMemory(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		server := newSwitched()
		cfg := transport.ThreadedConfig{Spool: transport.SpoolConfig{Bytes: 10_000}}
		s.run(cfg, server.answer, func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			p := mail("large")
			p.Body = append(p.Body, make([]byte, 20_000)...)
			tr.SendAsync(t.Context(), p, o.done("large"))
			g.Expect(tr.SpoolState()).To(And(HaveField("Unspooled", 1), HaveField("Err", BeNil())), "others are written")
			server.down.Store(false)
			g.Expect(tr.Flush(context.Background())).To(Succeed())
			g.Expect(o.get("large")).To(Equal([]error{nil}))
		})
		g := NewWithT(t)
		g.Expect(s.log.String()).To(BeEmpty())
	})
}

func TestAttemptsAreOnDisk(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, "a")
			time.Sleep(time.Minute)
			synctest.Wait()
			attempts := 0
			g.Expect(seglog.Peek(seglog.OS, tr.SpoolState().Dir, func(_ string, frame seglog.Frame) bool {
				attempts = frame.Attempts
				return true
			})).To(Succeed())
			g.Expect(attempts).To(And(BeNumerically(">", 3), Equal(len(f.log()))))
		})
	})
}

func TestCloseDoesNotWaitForEarlierProcessesDuringAPause(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a", "b", "c")
		})
		s.run(transport.ThreadedConfig{}, always(status(503)), func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			synctest.Wait()
			begun := time.Now()
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(time.Since(begun)).To(BeNumerically("<", time.Second))
		})
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			synctest.Wait()
			g.Expect(f.log()).To(HaveLen(3))
		})
	})
}

// A file that cannot be read does not delay the others, or Close.
func TestAFileThatCannotBeRead(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a")
		})
		var cfg transport.ThreadedConfig
		unreadable := s.files()[0]
		transport.SpoolOn(&cfg.Spool, &oneBadFile{seglog.OS, unreadable})
		s.run(cfg, taken, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			mailAll(tr, o, "b")
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(f.ids()).To(Equal("b"))
			begun := time.Now()
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(time.Since(begun)).To(BeNumerically("<", time.Second))
		})
		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
			synctest.Wait()
			g.Expect(f.ids()).To(Equal("a"), "it is readable again")
		})
	})
}

// oneBadFile is the machine's file system with a file that cannot be opened.
type oneBadFile struct {
	seglog.FS
	name string
}

func (f *oneBadFile) OpenFile(name string, flag int) (seglog.File, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EIO}
	}
	return f.FS.OpenFile(name, flag)
}

func TestFlushWaitsForEarlierProcesses(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a", "b", "c")
		})
		server := newSwitched()
		s.takes = time.Second
		s.run(transport.ThreadedConfig{}, server.answer, func(g *WithT, tr *transport.Threaded, f *faraway, o *outcomes) {
			short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var left *transport.UndeliveredError
			g.Expect(errors.As(tr.Flush(short), &left)).To(BeTrue())
			g.Expect(left).To(And(HaveField("Pending", 3), HaveField("Err", context.DeadlineExceeded)))
			server.down.Store(false)
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(tr.SpoolState().Recovered).To(Equal(3))
			g.Expect(tr.Flush(t.Context())).To(Succeed(), "nothing is left")
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(tr.Flush(t.Context())).To(Succeed(), "after Close")
		})
	})
}

func TestPacketsOnDiskWaitForRateLimits(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a")
		})
		answer := func(n int, p *transport.Packet) error {
			if n == 1 {
				return &transport.RateLimitedError{EventID: p.EventID, RetryAfter: time.Minute, RateLimits: transport.RateLimits{"": time.Now().Add(time.Minute)}}
			}
			return nil
		}
		begun := time.Now()
		s.run(transport.ThreadedConfig{}, answer, func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(f.ids()).To(Equal("a a"))
			g.Expect(time.Since(begun)).To(BeNumerically("~", time.Minute, time.Second))
			g.Expect(tr.SpoolState().Recovered).To(Equal(1))
		})
	})
}
